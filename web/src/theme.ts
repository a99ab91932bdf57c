// How the console looks: colours that can be read in light and dark (axe finds nothing, and no text in its own background),
// spacing, defaults of widgets. In: nothing. Out: a theme. Never here: a page's own style.
import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from "@mantine/core";

/** The house colour. Shade 7 carries white text, shades 2 and 3 are read on dark. */
const toll: MantineColorsTuple = [
  "#eef1ff",
  "#dfe4ff",
  "#bcc6fd",
  "#97a6fa",
  "#7386f6",
  "#5b6ff0",
  "#4a5ee8",
  "#3d4fd0",
  "#3341ab",
  "#293489",
];

/** Cool greys in place of Mantine's neutral ones. */
const dark: MantineColorsTuple = [
  "#d5dae3",
  "#b4bcca",
  "#8b95a7",
  "#626c7e",
  "#3b4453",
  "#2c3442",
  "#222935",
  "#191f29",
  "#131820",
  "#0d1117",
];

/** The same key as in index.html, which reads it before anything is painted. */
export const colorScheme = localStorageColorSchemeManager({ key: "tollgate-color-scheme" });

const MONO = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';
const SANS =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/** Mantine's theme. */
export const theme = createTheme({
  primaryColor: "toll",
  primaryShade: { light: 7, dark: 6 },
  colors: { toll, dark },
  autoContrast: true,
  respectReducedMotion: true,
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  defaultRadius: "md",
  cursorType: "pointer",
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.5rem", lineHeight: "1.3" }, h2: { fontSize: "1.05rem" } },
  },
  components: {
    Button: { defaultProps: { size: "sm" } },
    Paper: { defaultProps: { radius: "lg" } },
    Text: { defaultProps: { size: "sm" } },
    Badge: { defaultProps: { variant: "light", tt: "none", fw: 600, miw: "max-content" } },
    TextInput: { defaultProps: { size: "sm" } },
    Table: { defaultProps: { verticalSpacing: "sm", horizontalSpacing: "md" } },
  },
});

/** Corrections of Mantine's own colours: what it draws dimmed, light and red is too faint as it comes. */
export const variables: CSSVariablesResolver = (of) => ({
  variables: {},
  light: {
    "--mantine-color-text": "#161b26",
    "--mantine-color-dimmed": "#566073",
    "--mantine-color-placeholder": "#6a7385",
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": toll[7],
    "--mantine-color-default-border": "#dfe3ea",
    "--mantine-color-toll-light-color": toll[8],
    "--mantine-color-red-light-color": "#9f1d14",
    "--mantine-color-teal-light-color": "#066649",
    "--mantine-color-orange-light-color": "#8f3a05",
    "--mantine-color-yellow-light-color": "#6d4a00",
    "--mantine-color-gray-light-color": "#3c4454",
    "--mantine-color-red-filled": "#c92a2a",
    "--tollgate-raised": "#ffffff",
    "--tollgate-rail": "#f6f7fa",
    "--tollgate-page": "#ffffff",
  },
  dark: {
    "--mantine-color-body": dark[8],
    "--mantine-color-text": dark[0],
    "--mantine-color-dimmed": "#a3adbd",
    "--mantine-color-placeholder": "#98a2b3",
    "--mantine-color-error": "#ff8a80",
    "--mantine-color-anchor": toll[3],
    "--mantine-color-default-border": dark[5],
    "--mantine-color-default-hover": dark[7],
    "--mantine-color-toll-light-color": toll[2],
    "--mantine-color-red-light-color": "#ffb4ab",
    "--mantine-color-teal-light-color": "#7fe0bd",
    "--mantine-color-orange-light-color": "#ffc08a",
    "--mantine-color-yellow-light-color": "#ffe08a",
    "--mantine-color-gray-light-color": dark[0],
    "--mantine-color-red-filled": "#c92a2a",
    // Mantine's own are dark and strong; these are a breath of the colour over whatever lies below.
    "--mantine-color-toll-light": "rgb(115 134 246 / 18%)",
    "--mantine-color-red-light": "rgb(255 107 107 / 15%)",
    "--mantine-color-red-light-hover": "rgb(255 107 107 / 24%)",
    "--mantine-color-teal-light": "rgb(56 217 169 / 15%)",
    "--mantine-color-orange-light": "rgb(255 146 43 / 16%)",
    "--mantine-color-yellow-light": "rgb(255 212 59 / 13%)",
    "--mantine-color-gray-light": "rgb(173 181 189 / 15%)",
    "--tollgate-raised": dark[7],
    "--tollgate-rail": dark[9],
    "--tollgate-page": of.colors.dark[8],
  },
});
