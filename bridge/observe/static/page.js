// Keeps the page as the server has it: an event says that something changed, and the parts that
// differ are taken over from the same address. Without this script the page is the same, at rest.
"use strict";
(() => {
  const root = document.documentElement;
  const body = document.body;
  const ahead = Number(body.dataset.now) * 1000 - Date.now();
  const pulse = document.getElementById("pulse");
  const search = document.getElementById("search");
  let busy = false, again = false, stale = false, events, retry;

  root.classList.add("script");
  pulse.hidden = false;

  function told(isOn, text) {
    pulse.classList.toggle("on", isOn);
    pulse.classList.toggle("off", !isOn);
    document.getElementById("pulse-text").textContent = text;
  }

  function inUse(part) {
    const chosen = getSelection();
    return part.querySelector("input:focus, select:focus")
      || (!chosen.isCollapsed && chosen.containsNode(part, true)); // somebody copies an error
  }

  function takeOver(mine, theirs) {
    for (const shut of theirs.querySelectorAll("details")) {
      shut.open = document.getElementById(shut.id)?.open ?? false;
    }
    if (mine.outerHTML === theirs.outerHTML || inUse(mine)) return false;
    const focused = mine.contains(document.activeElement) ? document.activeElement : null;
    mine.replaceWith(theirs);
    if (focused) {
      const same = focused.id ? document.getElementById(focused.id)
        : [...theirs.querySelectorAll("a, button, summary")].find((one) => one.textContent === focused.textContent);
      if (same) same.focus({ preventScroll: true });
    }
    return true;
  }

  function figures(row) { // its counts and state; texts may tell how long something lasts
    return [...row.querySelectorAll("td")].map((one) => one.textContent).join();
  }

  function takeOverRows(mine, theirs) {
    const known = new Map([...mine.children].map((row) => [row.id, row]));
    const focused = mine.contains(document.activeElement) ? document.activeElement.id : "";
    let place = mine.firstElementChild;
    for (const row of [...theirs.children]) {
      const old = known.get(row.id);
      known.delete(row.id);
      const kept = old && old.innerHTML === row.innerHTML ? old : row;
      if (old && kept === row && figures(old) !== figures(row)) row.classList.add("fresh");
      if (kept !== place) mine.insertBefore(kept, place);
      if (old && kept === row) {
        if (place === old) place = old.nextElementSibling;
        old.remove();
      } else if (kept === place) {
        place = place.nextElementSibling;
      }
    }
    for (const gone of known.values()) gone.remove();
    if (focused && document.activeElement.id !== focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }

  async function loaded() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(20000) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const gone = answer.status === 404 && page.body.dataset.events; // the target is, and ours says so
    if (gone) location.reload();
    if (!answer.ok && !gone) throw new Error(answer.statusText);
    return page;
  }

  async function refresh() {
    if (!document.querySelector("[data-live]")) return; // of a target that is gone
    if (document.hidden) { stale = true; return; }
    if (busy) { again = true; return; }
    busy = true;
    try {
      const page = await loaded();
      if (events.readyState === EventSource.OPEN) told(true, "live");
      document.title = page.title;
      const before = document.getElementById("headline")?.textContent;
      for (const mine of document.querySelectorAll("[data-live]")) {
        const theirs = page.getElementById(mine.id);
        if (theirs) takeOver(mine, theirs);
      }
      const rows = document.querySelector("[data-rows]");
      const newRows = page.querySelector("[data-rows]");
      if (rows && newRows && !inUse(rows)) takeOverRows(rows, newRows);
      const after = document.getElementById("headline")?.textContent;
      if (after !== before) document.getElementById("news").textContent = after;
      countDown();
    } catch {
      told(false, "not up to date, trying again");
      clearTimeout(retry); // else each event of an outage would start a row of its own
      retry = setTimeout(refresh, 5000);
    } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  }

  function countDown() {
    for (const one of document.querySelectorAll("time[data-due]")) {
      const left = Math.max(0, Math.round(Number(one.dataset.due) - (Date.now() + ahead) / 1000));
      const text = left < 1 ? "a moment" : left < 60 ? `${left}s` : `${Math.floor(left / 60)}m${left % 60 ? `${left % 60}s` : ""}`;
      if (one.textContent !== text) one.textContent = text;
    }
  }

  function listen() {
    const seen = encodeURIComponent(body.dataset.version);
    events = new EventSource(`${body.dataset.events}?seen=${seen}`);
    events.onopen = () => told(true, "live");
    events.onerror = () => {
      told(false, "connection lost, trying again");
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
    events.addEventListener("changed", (event) => {
      body.dataset.version = event.data;
      refresh();
    });
  }

  window.addEventListener("pagehide", () => events.close());

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && stale) { stale = false; refresh(); }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && search) {
      event.preventDefault();
      document.getElementById("q").focus();
    }
  });

  if (search) {
    let pause;
    const look = () => {
      const asked = new URLSearchParams(new FormData(search));
      for (const [name, usual] of [["q", ""], ["state", ""], ["sort", "attention"], ["order", "asc"]]) {
        if (asked.get(name) === usual) asked.delete(name);
      }
      history.replaceState(null, "", `${asked}` ? `?${asked}` : location.pathname);
      refresh();
    };
    search.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(pause); look(); });
    search.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 200); });
  }
  setInterval(countDown, 1000);
  told(false, "connecting");
  listen();
})();
