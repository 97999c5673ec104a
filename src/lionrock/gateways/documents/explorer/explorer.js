// Lists the endpoints of openapi.json, signs a request with a pasted key, sends it, shows the answer.

const $ = (id) => document.getElementById(id);
const state = { document: null, operation: null, skewMs: 0 };

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function resolve(thing) {
  if (!thing || !thing.$ref) return thing;
  return thing.$ref.slice(2).split("/").reduce((found, part) => found[part], state.document);
}

function operations() {
  const found = [];
  for (const [path, methods] of Object.entries(state.document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      found.push({ path, method: method.toUpperCase(), ...operation });
    }
  }
  return found;
}

function showList() {
  const wanted = $("filter").value.trim().toLowerCase();
  const groups = new Map(state.document.tags.map((tag) => [tag.name, []]));
  for (const operation of operations()) {
    const text = `${operation.method} ${operation.path} ${operation.summary}`.toLowerCase();
    if (text.includes(wanted)) groups.get(operation.tags[0]).push(operation);
  }
  const parts = [];
  for (const [name, rows] of groups) {
    if (!rows.length) continue;
    const list = element("ul");
    for (const row of rows) {
      const link = element("a", { href: `#${row.operationId}` }, row.summary);
      link.append(element("span", { class: "path" }, `${row.method} ${row.path}`));
      if (state.operation && row.operationId === state.operation.operationId) link.setAttribute("aria-current", "page");
      list.append(element("li", {}, link));
    }
    parts.push(element("h2", {}, name), list);
  }
  $("endpoints").replaceChildren(...(parts.length ? parts : [element("p", {}, "None matches.")]));
}

function field(parameter) {
  const id = `parameter-${parameter.name}`;
  const label = element("label", { for: id }, parameter.name);
  if (parameter.required) label.append(element("span", { class: "need" }, " (required)"));
  const choices = parameter.schema.enum;
  const input = choices
    ? element("select", {}, ...(parameter.required ? [] : [element("option", { value: "" }, "not sent")]))
    : element("input", { autocomplete: "off", spellcheck: "false" });
  for (const choice of choices || []) input.append(element("option", { value: choice }, choice));
  input.id = id;
  input.name = parameter.name;
  input.setAttribute("aria-describedby", `${id}-words`);
  if (parameter.required) input.required = true;
  if (parameter.example !== undefined && parameter.required) input.value = parameter.example;
  return element("div", {}, label, input, element("small", { id: `${id}-words` }, parameter.description.replaceAll("`", "")));
}

function exampleOf(schema) {
  const found = resolve(schema);
  if (found.examples) return found.examples[0];
  if (found.enum) return found.enum[0];
  if (found.anyOf) return exampleOf(found.anyOf[0]);
  if (found.type === "array") return [exampleOf(found.items)];
  if (found.type === "object") {
    const names = Object.keys(found.properties || {}).filter(
      (name) => (found.required || []).includes(name) || resolve(found.properties[name]).examples
    );
    return Object.fromEntries(names.map((name) => [name, exampleOf(found.properties[name])]));
  }
  return found.type === "integer" ? 1 : "";
}

function choose() {
  const id = location.hash.slice(1);
  const operation = operations().find((row) => row.operationId === id);
  if (!operation) return;
  state.operation = operation;
  $("title").textContent = `${operation.method} ${operation.path}`;
  $("description").textContent = operation.description.replaceAll("`", "");
  const own = operation.parameters.map(resolve).filter((row) => row.name !== "timestamp");
  $("parameters").replaceChildren(...own.map(field));
  const body = operation.requestBody;
  $("body-field").hidden = !body;
  $("body").value = body ? JSON.stringify(exampleOf(body.content["application/json"].schema), null, 2) : "";
  $("send").disabled = false;
  showList();
  showLines();
}

function query() {
  const pairs = new URLSearchParams();
  for (const input of $("parameters").querySelectorAll("input, select")) {
    if (input.value !== "") pairs.append(input.name, input.value);
  }
  return pairs.toString();
}

const needs = () => state.operation.security || [];
const takesKey = () => needs().some((need) => need.key);
const needsKey = () => takesKey() && needs().every((need) => need.key);
const signed = () => needs().some((need) => need.signature);
const bodySigned = () => Boolean(state.operation["x-signed-body"]);
const body = () => (state.operation.requestBody ? $("body").value : "");
const shellText = (text) => `'${text.replaceAll("'", `'"'"'`)}'`;

function curlLines() {
  const { method, path } = state.operation;
  const sent = body();
  const rest = sent ? ` \\\n  --header 'Content-Type: application/json' --data-raw ${shellText(sent)}` : "";
  const start = query();
  if (!signed()) {
    return `curl --request ${method} ${shellText(`${location.origin}${path}${start ? `?${start}` : ""}`)}${rest}`;
  }
  const text = bodySigned() ? `"$query"${shellText(sent)}` : '"$query"';
  return [
    `query=${start ? shellText(`${start}&`) : ""}"timestamp=$(date +%s%3N)"`,
    `signature=$(printf '%s' ${text} | openssl dgst -sha256 -hmac "$LIONROCK_SECRET" | sed 's/^.*= *//')`,
    `curl --request ${method} --header "X-HK-APIKEY: $LIONROCK_KEY"${rest} \\`,
    `  "${location.origin}${path}?$query&signature=$signature"`,
  ].join("\n");
}

function pythonLines() {
  const { method, path } = state.operation;
  const sent = body();
  const start = query();
  const more = sent ? `, content=body, headers=headers` : `, headers=headers`;
  const lines = ["import hashlib, hmac, os, time", "import httpx", ""];
  if (sent) lines.push(`body = ${JSON.stringify(sent)}`);
  if (!signed()) {
    const type = sent ? '{"Content-Type": "application/json"}' : "{}";
    lines.push(`headers = ${type}`);
    const url = JSON.stringify(`${location.origin}${path}${start ? `?${start}` : ""}`);
    return [...lines.slice(1), `print(httpx.request("${method}", ${url}${more}).text)`].join("\n");
  }
  const type = sent ? ', "Content-Type": "application/json"' : "";
  return [
    ...lines,
    `headers = {"X-HK-APIKEY": os.environ["LIONROCK_KEY"]${type}}`,
    `query = ${JSON.stringify(start ? `${start}&` : "")} + f"timestamp={time.time_ns() // 1_000_000}"`,
    `text = query${bodySigned() ? " + body" : ""}`,
    'signature = hmac.new(os.environ["LIONROCK_SECRET"].encode(), text.encode(), hashlib.sha256).hexdigest()',
    `url = f"${location.origin}${path}?{query}&signature={signature}"`,
    `print(httpx.request("${method}", url${more}).text)`,
  ].join("\n");
}

function showLines() {
  if (!state.operation) return;
  $("curl").textContent = curlLines();
  $("python").textContent = pythonLines();
}

async function sign(text) {
  if (!crypto.subtle) throw new Error("This browser signs only on pages served over https, or from this machine.");
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode($("secret").value), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function adoptServerTime() {
  const answer = await (await fetch("/api/v1/time")).json();
  state.skewMs = answer.serverTime - Date.now();
}

async function send() {
  const { method, path } = state.operation;
  const sent = body();
  const headers = {};
  let text = query();
  if (sent) headers["Content-Type"] = "application/json";
  const key = $("key").value.trim();
  if (needsKey() && !(key && $("secret").value)) throw new Error("This endpoint needs a key and its secret.");
  if (takesKey() && key) headers["X-HK-APIKEY"] = key;
  if (signed() && key) {
    await adoptServerTime();
    text += `${text ? "&" : ""}timestamp=${Date.now() + state.skewMs}`;
    text += `&signature=${await sign(text + (bodySigned() ? sent : ""))}`;
  }
  const started = performance.now();
  const credentials = needs().some((need) => need.session) ? "same-origin" : "omit";
  const request = { method, headers, credentials, cache: "no-store", referrerPolicy: "no-referrer" };
  const answer = await fetch(path + (text ? `?${text}` : ""), sent ? { ...request, body: sent } : request);
  const received = await answer.text();
  return { status: answer.status, text: received, milliseconds: Math.round(performance.now() - started) };
}

function showAnswer({ status, text, milliseconds }) {
  let shown = text;
  let words = "";
  try {
    const parsed = JSON.parse(text);
    shown = JSON.stringify(parsed, null, 2);
    if (parsed.lionrock) words = ` ${parsed.lionrock.words} ${parsed.lionrock.next_step}`;
  } catch {
    // Not JSON: shown as it is.
  }
  $("status").className = status === 200 ? "" : "bad";
  $("status").textContent = `Status ${status}, ${milliseconds} ms.${words}`;
  $("answer").textContent = shown;
}

async function sendAndShow(event) {
  event.preventDefault();
  if ($("send").disabled) return;
  $("send").disabled = true;
  $("status").className = "";
  $("status").textContent = "Sending ...";
  try {
    showAnswer(await send());
  } catch (error) {
    $("status").className = "bad";
    $("status").textContent = error.message;
    $("answer").textContent = "";
  }
  $("send").disabled = false;
}

async function openAccount() {
  const fund = { BTC: "1", ETH: "10", USDT: "100000", USD: "100000", HKD: "800000" };
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ fund }) };
  const answer = await fetch("/lionrock/v1/sandbox/accounts", request);
  const account = await answer.json();
  if (answer.status !== 200) {
    $("key-note").textContent = account.msg;
    return;
  }
  $("key").value = account.apiKey;
  $("secret").value = account.secret;
  $("key-note").textContent = `Account ${account.accountId} has funds; key and secret are filled in.`;
}

async function start() {
  state.document = await (await fetch("openapi.json")).json();
  $("sandbox").hidden = !state.document.paths["/lionrock/v1/sandbox/accounts"];
  showList();
  choose();
  addEventListener("hashchange", () => {
    choose();
    $("request").focus();
    $("form").scrollIntoView();
  });
  $("filter").addEventListener("input", showList);
  $("form").addEventListener("input", showLines);
  $("form").addEventListener("submit", sendAndShow);
  $("account").addEventListener("click", openAccount);
}

start().catch((error) => {
  $("endpoints").replaceChildren(element("p", { class: "bad" }, `The document did not load: ${error.message}`));
});
