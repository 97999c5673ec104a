/** How the reader wants the page to look; kept in this browser. */

export type Theme = "dark" | "light";
export type Palette = "green-red" | "blue-orange";

interface Preferences {
  theme: Theme;
  palette: Palette;
}

export const preferences: Preferences = $state({
  theme: (localStorage.getItem("lionrock.theme") as Theme | null) ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"),
  palette: (localStorage.getItem("lionrock.palette") as Palette | null) ?? "green-red",
});

export function apply(): void {
  const root = document.documentElement;
  root.dataset.theme = preferences.theme;
  root.dataset.palette = preferences.palette;
}

export function setTheme(theme: Theme): void {
  preferences.theme = theme;
  localStorage.setItem("lionrock.theme", theme);
  apply();
}

export function setPalette(palette: Palette): void {
  preferences.palette = palette;
  localStorage.setItem("lionrock.palette", palette);
  apply();
}
