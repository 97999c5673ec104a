import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./styles/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { load } from "./api/session.svelte.ts";
import { apply as applyPreferences } from "./shell/preferences.svelte.ts";
import { listen } from "./shell/router.svelte.ts";
import { apply as applyLanguage, need } from "./words/words.svelte.ts";

applyPreferences();
applyLanguage();
listen();
void load();
const target = document.getElementById("app");
if (target) void need("shell").then(() => mount(App, { target }));
