// User agents as they come.
import { expect, it } from "vitest";
import { agentOf } from "./agent";

it.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Chrome",
    "Linux",
  ],
  ["Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/156 Safari/537.36 Edg/156.0", "Edge", "Windows"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605 Version/20 Mobile Safari/604",
    "Safari",
    "iOS",
  ],
  ["Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0", "Firefox", "Android"],
  ["curl/8.5.0", "curl", null],
  ["", null, null],
  ["<script>alert(1)</script>", null, null],
])("%s", (text, browser, system) => expect(agentOf(text)).toEqual({ browser, system }));
