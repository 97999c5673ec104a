// Each place of a page with fields to type in, and the one button that sends them; read by test_nonsense.py.
const PLACES = "form, .form, section";
const TYPES = /^(text|password|search|email|tel|url|date|datetime-local)$/;
const DAYS = /^date/;
const SOME_DAY = "2027-01-31";
const TELLING = "[role=alert], [role=status], .stop, .warn, .up, dialog[open], [aria-live] p, p[role=note]";

window.forms = () => {
  const fields = [...document.querySelectorAll("main input, main textarea")].filter(
    (each) => (each.matches("textarea") || TYPES.test(each.type)) && each.checkVisibility() && !each.disabled,
  );
  const placeOf = (field) => field.closest(PLACES) ?? field;
  return [...new Set(fields.map(placeOf))].map((place) => ({
    place,
    fields: fields.filter((field) => placeOf(field) === place),
    button: place.matches("form")
      ? place.querySelector("button[type=submit]")
      : place.querySelector("button.main") ?? (place.matches(".form") ? place.querySelector(".row button") : null),
  }));
};

/** As from the clipboard: all at once, in the place of what was there. */
const put = (field, text) => {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
};

/** What is chosen and not typed, so that it does not stand in the way of what is. */
const choose = (place) => {
  for (const select of place.querySelectorAll("select")) put(select, [...select.options].at(-1)?.value ?? "");
  for (const radio of place.querySelectorAll("input[type=radio]")) if (!place.querySelector(`input[name="${radio.name}"]:checked`)) radio.click();
};

/** A browser takes nothing but a day into a field for one: what else is pasted there leaves it empty. */
const putDay = (field, day) => put(field, field.type === "date" ? day : `${day}T10:00:00`);

/** One text in each field of a form, one day in each of its fields for days, and its button pressed. */
window.paste = async (at, texts, day = SOME_DAY) => {
  choose(forms()[at].place);
  await new Promise(requestAnimationFrame);
  const { fields, button } = forms()[at];
  fields.forEach((field, number) => (DAYS.test(field.type) ? putDay(field, day) : put(field, texts[number % texts.length])));
  await new Promise(requestAnimationFrame);
  const values = fields.map((field) => field.value);
  const isPressed = button !== null && !button.disabled;
  if (isPressed) button.click();
  await new Promise(requestAnimationFrame);
  return { values, isPressed, hasButton: button !== null };
};

/** Whether a form has fields for days. */
window.hasDays = (at) => forms()[at]?.fields.some((field) => DAYS.test(field.type)) ?? false;

/** Gives each field of a form for a day a mark to be found by; how many there are. */
window.markDays = (at) => {
  const fields = (forms()[at]?.fields ?? []).filter((field) => DAYS.test(field.type));
  fields.forEach((field, number) => field.setAttribute("data-day", number));
  return fields.length;
};

/** Sends a form as it is; whether a field that is marked still holds what was typed, and its reader is told. */
window.sendDay = async (at, number) => {
  const { button } = forms()[at];
  const field = document.querySelector(`[data-day="${number}"]`);
  const isTyped = field.validity.badInput;
  let isTold = button === null || button.disabled || field.getAttribute("aria-invalid") === "true";
  field.addEventListener("invalid", () => (isTold = true), { once: true }); // the browser's own words
  if (button !== null && !button.disabled) button.click();
  await new Promise(requestAnimationFrame);
  return { isTyped, isKept: field.isConnected && field.validity.badInput, isTold, isHere: location.pathname };
};

/** What stands on the page beside the fields to tell its reader something, and all of its text. */
window.told = () => [
  document.querySelector("main").innerText,
  ...[...document.querySelectorAll(TELLING)].filter((each) => each.checkVisibility()).flatMap((each) => each.textContent.trim() || []),
];

/** What the reader sees of a form afterwards. */
window.look = (at) => {
  const found = forms()[at];
  return {
    values: found ? found.fields.map((field) => field.value) : null,
    isInvalid: found?.fields.some((field) => field.getAttribute("aria-invalid") === "true" || !field.checkValidity()) ?? false,
    told: told(),
    address: location.pathname,
  };
};
