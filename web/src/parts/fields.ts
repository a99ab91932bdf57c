// Mantine's fields with their styles, so that both load with the first page that has a form and not with the frame.
import "@mantine/core/styles/Input.css";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/PasswordInput.css";
import "@mantine/core/styles/Checkbox.css";

export { Checkbox, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
