"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const IMPOSSIBLE = data.marks.length - 1, FILTERED = ", not as filtered";
  const table = byId("table"), detail = byId("detail"), main = document.querySelector("main");
  const rows = [...table.querySelectorAll("tr.r")];
  const heads = [...table.querySelectorAll("thead th.tag")];
  const buttons = rows.map((row) => [...row.querySelectorAll("button")]);
  const place = new Map();
  buttons.forEach((line, r) => line.forEach((button, c) => {
    place.set(button, [r, c]);
    button.type = "button";
    button.tabIndex = -1;
  }));
  const cellAt = (r, c) => data.rows[r][2][c];
  const text = (number) => data.texts[number];
  let here = [0, 0], shown = null, pinned = false, timer = 0;

  // elements

  const make = (name, options, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(options || {})) {
      if (key in element) element[key] = value; else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const list = (name, kind, items) => make(name, { className: kind }, ...items.map((item) => make("li", null, ...item)));

  // filters

  const chosen = () => ({ python: byId("python").value, tag: byId("tag").value, torch: byId("torch").value, pre: byId("pre").checked });
  const torchOf = (cell) => cell[0] === IMPOSSIBLE ? "" : version(cell, "torch");
  const version = (cell, name) => {
    const pin = cell[4].map((number) => data.pins[number]).find((each) => text(each[0]) === name);
    return pin ? text(pin[1]).replace(/^=+/, "").split("+")[0] : "";
  };
  const fits = (cell, want) => cell[0] !== IMPOSSIBLE
    && (!want.python || data.pythons[cell[1]].includes(want.python))
    && (!want.torch || torchOf(cell) === want.torch);

  function apply() {
    const want = chosen();
    const narrowed = Boolean(want.python || want.tag || want.torch);
    let releases = 0, tuples = 0;
    heads.forEach((head, c) => { head.hidden = Boolean(want.tag) && data.tags[c] !== want.tag; });
    rows.forEach((row, r) => {
      let found = 0;
      buttons[r].forEach((button, c) => {
        const cell = cellAt(r, c), fit = fits(cell, want);
        button.parentElement.hidden = heads[c].hidden;
        found += fit && !heads[c].hidden;
        const off = cell[0] !== IMPOSSIBLE && !fit;
        if (off === button.classList.contains("off")) return;
        button.classList.toggle("off", off);
        const label = button.getAttribute("aria-label").replace(FILTERED, "");
        button.setAttribute("aria-label", label + (off ? FILTERED : ""));
      });
      row.hidden = (row.classList.contains("pre") && !want.pre) || (narrowed && !found);
      releases += !row.hidden;
      tuples += row.hidden ? 0 : found;
    });
    for (const body of table.tBodies) {
      const series = body.querySelector(".series");
      if (series) series.hidden = [...body.querySelectorAll("tr.r")].every((row) => row.hidden);
    }
    byId("count").textContent = `${releases} of ${rows.length} releases shown, with ${tuples} tuples`;
    if (!visible(...here)) here = first();
    rove();
  }

  // moving about

  const visible = (r, c) => Boolean(rows[r]) && Boolean(heads[c]) && !rows[r].hidden && !heads[c].hidden;
  const seen = (items) => items.flatMap((item, number) => item.hidden ? [] : [number]);
  const first = () => [seen(rows)[0] ?? 0, seen(heads)[0] ?? 0];
  function rove() {
    for (const button of table.querySelectorAll('button[tabindex="0"]')) button.tabIndex = -1;
    const [r, c] = here;
    if (visible(r, c)) buttons[r][c].tabIndex = 0;
  }
  function focusCell(r, c) {
    here = [r, c];
    rove();
    buttons[r][c].focus({ preventScroll: true });
    buttons[r][c].scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function move(event) {
    const lines = seen(rows), columns = seen(heads);
    const r = lines.indexOf(here[0]), c = columns.indexOf(here[1]);
    const bound = (number, items) => items[Math.max(0, Math.min(items.length - 1, number))];
    const far = event.ctrlKey || event.metaKey;
    const steps = {
      ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
      PageUp: [r - 10, c], PageDown: [r + 10, c], Home: [far ? 0 : r, 0], End: [far ? lines.length : r, columns.length],
    };
    if (!steps[event.key]) return;
    event.preventDefault();
    focusCell(bound(steps[event.key][0], lines), bound(steps[event.key][1], columns));
  }

  // one cell

  function show(r, c, pin) {
    const button = buttons[r][c];
    if (shown) buttons[shown[0]][shown[1]].removeAttribute("aria-expanded");
    shown = [r, c];
    pinned = pin;
    button.setAttribute("aria-expanded", "true");
    const title = `${data.anchor} ${data.rows[r][0]} on ${data.tags[c]}`.replace("  ", " ");
    const cell = cellAt(r, c);
    const close = make("button", { type: "button", className: "close", textContent: "Close" });
    close.addEventListener("click", () => hide(true));
    const heading = make("h2", { textContent: title, id: "what" });
    const mark = make("p", { className: `mark ${"pdui"[cell[0]]}` }, ...button.cloneNode(true).querySelectorAll("svg"), ` ${data.marks[cell[0]]}`);
    const body = cell[0] === IMPOSSIBLE ? refusal(cell, r, c) : tuple(cell, r, c);
    detail.replaceChildren(make("div", { className: "head" }, make("div", null, heading, mark), close), ...body);
    detail.setAttribute("aria-label", title);
    detail.hidden = false;
    detail.scrollTop = 0;
    main.classList.add("open");
    if (!pin) return;
    try { history.replaceState(null, "", `#${data.rows[r][0]}/${data.tags[c]}`); } catch { /* the address stays as it is */ }
  }
  function hide(back) {
    if (!shown) return;
    const [r, c] = shown;
    buttons[r][c].removeAttribute("aria-expanded");
    detail.hidden = true;
    detail.replaceChildren();
    main.classList.remove("open");
    shown = null;
    pinned = false;
    if (back && visible(r, c)) focusCell(r, c);
  }

  function tuple(cell, r, c) {
    const [, pythons, glibc, ready, pins, notes] = cell, served = data.pythons[pythons];
    const facts = [
      ["Python", served.length > 1 ? `${served[0]} to ${served[served.length - 1]}` : served.join("")],
      ["glibc", text(glibc) && `${text(glibc)} or newer`],
      ["NVIDIA driver", data.drivers[c] && `${data.drivers[c]} or newer`],
    ].filter(([, value]) => value);
    const parts = [make("dl", { className: "facts" }, ...facts.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]))];
    if (notes.length) parts.push(make("h3", { textContent: "To know beside it" }), list("ul", "notes", notes.map((note) => [text(note)])));
    parts.push(make("h3", { textContent: "Commands" }), ...commands(r, c, text(ready)));
    parts.push(make("h3", { textContent: "The tuple, and what forces each pin" }), list("ul", "pins", pins.map((number) => pin(data.pins[number]))));
    return parts;
  }
  function pin([name, specifier, evidence, note, source]) {
    const lines = evidence.map(([line, file]) => small(text(line), text(file)));
    const parts = [make("code", { textContent: text(name) + text(specifier) })];
    if (note) parts.push(small(text(note), ""));
    parts.push(...lines.slice(0, 1));
    const rest = lines.slice(1);
    if (source) rest.push(small(`build: ${text(source)}`, ""));
    if (rest.length) parts.push(make("details", null, make("summary", { textContent: `${rest.length} more` }), ...rest));
    return parts;
  }
  const small = (line, file) => make("small", { textContent: file && !line.startsWith(file) ? `${line}  (${file})` : line });

  function commands(r, c, ready) {
    const [version, extra] = data.rows[r];
    const fill = (line) => line.replaceAll("{version}", version).replaceAll("{tag}", data.tags[c]).replaceAll("{series}", ready)
      .replaceAll("{extra}", text(extra) && `[${text(extra)}]`);
    const compile = fill(data.commands.compile);
    if (!data.commands.path) return [line(compile)];
    if (ready) return [line(compile), ...["pip", "uv pip"].map((tool) => line(`${tool} ${fill(data.commands.path)}`))];
    return [line(`${compile} -o ${fill(data.commands.output)}`), ...["pip", "uv pip"].map((tool) => line(`${tool} ${fill(data.commands.file)}`))];
  }
  function line(command) {
    const pre = make("pre", { textContent: command });
    const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy: ${command}`);
    button.addEventListener("click", async () => {
      button.textContent = await copied(command, pre) ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
    return make("div", { className: "line" }, pre, button);
  }
  async function copied(command, pre) {
    try {
      await navigator.clipboard.writeText(command);
      return true;
    } catch {
      getSelection().selectAllChildren(pre);
      return document.execCommand("copy");
    }
  }

  function refusal(cell, r, c) {
    const reasons = cell[1].map((number) => data.reasons[number]);
    const told = reasons.length ? reasons.map(([what, evidence]) => [make("span", { textContent: text(what) }), ...(evidence ? [small(text(evidence), "")] : [])]) : [["the reason is not known"]];
    const parts = [make("h3", { textContent: "Why" }), list("ol", "why", told)];
    const near = nearest(r, c);
    if (near.length) parts.push(make("h3", { textContent: "Nearest that exist" }), list("ul", "", near.map(([row, column]) => [go(row, column)])));
    return parts;
  }
  function nearest(r, c) {
    const has = (row, column) => data.rows[row] && cellAt(row, column)[0] !== IMPOSSIBLE && (!rows[row].classList.contains("pre") || byId("pre").checked);
    const found = [];
    const lines = rows.map((_, row) => row);
    const other = [...lines.slice(r + 1), ...lines.slice(0, r).reverse()].find((row) => has(row, c));
    if (other !== undefined) found.push([other, c]);
    const columns = data.tags.map((_, column) => column).filter((column) => column !== c).sort((one, two) => Math.abs(one - c) - Math.abs(two - c));
    const tag = columns.find((column) => cellAt(r, column)[0] !== IMPOSSIBLE);
    if (tag !== undefined) found.push([r, tag]);
    return found;
  }
  function go(r, c) {
    const cell = cellAt(r, c), torch = torchOf(cell);
    const label = `${data.anchor} ${data.rows[r][0]} on ${data.tags[c]}${torch && data.anchor !== "torch" ? `, torch ${torch}` : ""} (${data.marks[cell[0]]})`;
    const button = make("button", { type: "button", className: "go", textContent: label });
    button.addEventListener("click", () => open(r, c));
    return button;
  }
  function open(r, c) {
    if (!visible(r, c)) { byId("filters").reset(); if (rows[r].classList.contains("pre")) byId("pre").checked = true; apply(); }
    here = [r, c];
    rove();
    show(r, c, true);
    buttons[r][c].scrollIntoView({ block: "nearest", inline: "nearest" });
    detail.focus({ preventScroll: true });
  }

  // events

  const cellOf = (event) => event.target.closest && place.get(event.target.closest("#table button"));
  table.addEventListener("click", (event) => {
    const at = cellOf(event);
    if (!at) return;
    if (pinned && shown && shown[0] === at[0] && shown[1] === at[1]) hide(true); else open(...at);
  });
  table.addEventListener("keydown", move);
  const wide = matchMedia("(min-width: 1280px)");
  const hover = matchMedia("(hover: hover)");
  table.addEventListener("mouseover", (event) => {
    const at = cellOf(event);
    clearTimeout(timer);
    if (at && !pinned && wide.matches && hover.matches) timer = setTimeout(() => show(...at, false), 90);
  });
  table.addEventListener("mouseleave", () => clearTimeout(timer));
  table.addEventListener("focusin", (event) => {
    const at = cellOf(event);
    if (!at) return;
    here = at;
    rove();
    if (!pinned && shown && wide.matches) show(...at, false);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) { event.preventDefault(); hide(detail.contains(document.activeElement)); } });
  byId("filters").addEventListener("input", apply);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => setTimeout(apply));

  // light and dark

  const themes = ["auto", "light", "dark"], theme = byId("theme");
  function setTheme(name) {
    if (name === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
    theme.dataset.now = name;
  }
  theme.addEventListener("click", () => setTheme(themes[(themes.indexOf(theme.dataset.now) + 1) % themes.length]));
  setTheme("auto");

  const wanted = decodeURIComponent(location.hash.slice(1)).split("/");
  const r = data.rows.findIndex((row) => row[0] === wanted[0]), c = data.tags.indexOf(wanted[1]);
  apply();
  here = first();
  rove();
  if (wanted.length === 2 && r >= 0 && c >= 0) open(r, c);
})();
