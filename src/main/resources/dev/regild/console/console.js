// What pages gain from scripts beside htmx. Every page works without.
(() => {
  "use strict";
  const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];

  /** An age in words, with the exact time in the reader's zone on hover. */
  function age(element) {
    const time = new Date(element.dateTime);
    const seconds = (time - Date.now()) / 1000;
    const unit = units.find(([, size]) => Math.abs(seconds) >= size);
    element.title = shown.format(time);
    element.textContent = unit ? words.format(Math.trunc(seconds / unit[1]), unit[0]) : "just now";
  }

  /** A button that copies what is in a block of code. */
  function copyable(block) {
    if (!navigator.clipboard || block.nextElementSibling?.matches("[data-copy]")) {
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.dataset.copy = "";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = "Copied";
    });
    block.after(button);
  }

  const PIECE = 16 * 1024 * 1024;
  const PATIENCE = 5 * 60 * 1000;
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  /** The upload that this browser began of a file, so that it goes on when the file is chosen again. */
  const memory = {
    key: (file) => `upload ${file.name} ${file.size} ${file.lastModified}`,
    get(file) { try { return localStorage.getItem(this.key(file)); } catch { return null; } },
    set(file, path) { try { localStorage.setItem(this.key(file), path); } catch { /* it goes on in this page alone */ } },
    remove(file) { try { localStorage.removeItem(this.key(file)); } catch { /* nothing is kept */ } },
  };

  /** What the server says is wrong; it is not tried again. */
  class Refusal extends Error {}

  /** Sends one request; resolves with it, whatever its status, and rejects if the connection breaks. */
  function send(method, path, csrf, body, progressed, stop) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, path);
      request.setRequestHeader("X-Regild-Csrf", csrf);
      if (body) {
        request.setRequestHeader("Content-Type", "application/octet-stream");
      }
      request.upload.addEventListener("progress", (event) => progressed?.(event.loaded));
      request.addEventListener("load", () => resolve(request));
      for (const event of ["error", "abort", "timeout"]) {
        request.addEventListener(event, () => reject(new Error("The connection broke.")));
      }
      stop.request = request;
      request.send(body);
    });
  }

  function answered(request) {
    if (!request.responseURL.includes("/console/uploads")) {
      throw new Refusal("Your session has ended. Log in again, and choose the same file: the upload goes on.");
    }
    if (request.status < 300 || request.status === 409 || request.status >= 500 || request.status === 429) {
      return request;
    }
    throw new Refusal(said(request));
  }

  function said(request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    return page.querySelector(".error")?.textContent ?? `The server answered ${request.status}.`;
  }

  /** Sends a file piece by piece; returns the page of the disk that it became. */
  async function upload(form, file, show, stop) {
    const csrf = form.elements.csrf.value;
    let path = memory.get(file);
    let offset = 0;
    if (path) {
      const known = await send("GET", path, csrf, null, null, stop);
      if (known.status === 204) {
        offset = Number(known.getResponseHeader("Upload-Offset") ?? file.size);
      } else if (known.status === 404) {
        path = null;
      } else {
        throw new Refusal(said(answered(known)));
      }
    }
    if (!path) {
      const begun = answered(await send("POST", `${form.dataset.upload}?bytes=${file.size}`, csrf, null, null, stop));
      if (begun.status !== 201) {
        throw new Refusal(said(begun));
      }
      path = begun.getResponseHeader("Location");
      memory.set(file, path);
    }
    let moved = Date.now();
    let furthest = offset;
    const progressed = (sent) => {
      // What is sent once more, because the server could not keep it, is no progress.
      if (sent > furthest) {
        furthest = sent;
        moved = Date.now();
      }
      show(sent, file.size);
    };
    while (!stop.stopped) {
      const from = offset;
      let reason = "The connection broke";
      try {
        const piece = file.slice(from, from + PIECE);
        const answer = answered(await send("POST", `${path}?offset=${from}`, csrf, piece.size ? piece : null,
          (sent) => progressed(from + sent), stop));
        if (answer.status === 201) {
          memory.remove(file);
          return answer.getResponseHeader("Location");
        }
        if (answer.status === 204) {
          offset = Number(answer.getResponseHeader("Upload-Offset"));
          moved = Date.now();
          continue;
        }
        reason = said(answer);
      } catch (error) {
        // The upload stays in memory: it goes on after another login, and if it is gone, the server says so.
        if (error instanceof Refusal) {
          throw error;
        }
      }
      if (stop.stopped) {
        break;
      }
      if (Date.now() - moved > PATIENCE) {
        throw new Error(`Nothing was sent for five minutes. ${reason.replace(/\.$/, "")}. Choose the same file again: the upload goes on.`);
      }
      show(offset, file.size, `${reason.replace(/\.$/, "")}; trying again.`);
      await pause(2000);
      try {
        const now = answered(await send("GET", path, csrf, null, null, stop));
        if (now.status === 204) {
          offset = Number(now.getResponseHeader("Upload-Offset") ?? file.size);
        }
      } catch (error) {
        // A broken connection is tried again.
        if (error instanceof Refusal) {
          throw error;
        }
      }
    }
    return null;
  }

  /** A form whose file is sent in pieces, with a bar of progress; a file can be dropped on it. */
  function uploads(form) {
    const bar = form.querySelector("progress");
    const said = form.querySelector("[data-said]");
    const chooser = form.querySelector("input[type=file]");
    const button = form.querySelector("button[type=submit]");
    const stopper = form.querySelector("[data-stop]");
    let stop = {};
    const show = (sent, size, words) => {
      bar.value = (100 * sent) / Math.max(1, size);
      said.textContent = words ?? (sent < size ? `${Math.floor(bar.value)} % sent` : "All is sent; the server checks the disk.");
    };
    const idle = (text, className) => {
      bar.hidden = className === "error";
      button.disabled = false;
      stopper.hidden = true;
      said.textContent = text;
      said.className = className;
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const file = chooser.files[0];
      stop = {};
      bar.hidden = false;
      button.disabled = true;
      stopper.hidden = false;
      said.className = "";
      show(0, file.size);
      try {
        const page = await upload(form, file, show, stop);
        if (page) {
          location.assign(page);
        } else {
          idle("Paused. Upload the same file again, and it goes on.", "");
        }
      } catch (error) {
        if (stop.stopped) {
          idle("Paused. Upload the same file again, and it goes on.", "");
        } else {
          idle(error.message, "error");
        }
      }
    });
    stopper.addEventListener("click", () => {
      stop.stopped = true;
      stop.request?.abort();
    });
    for (const event of ["dragover", "drop"]) {
      form.addEventListener(event, (drag) => {
        drag.preventDefault();
        if (event === "drop" && drag.dataTransfer.files.length > 0) {
          chooser.files = drag.dataTransfer.files;
        }
      });
    }
  }

  function improve(root) {
    root.querySelectorAll("form[data-upload]").forEach(uploads);
    root.querySelectorAll("time[data-age]").forEach(age);
    root.querySelectorAll(".commands pre").forEach(copyable);
    root.querySelectorAll("[data-scriptless]").forEach((each) => { each.hidden = true; });
    root.querySelectorAll("select[data-submits]").forEach((select) => {
      // By keyboard, a choice is made before it is meant: it counts when the field is left.
      let before = select.value;
      let byKey = false;
      select.addEventListener("keydown", () => { byKey = true; });
      select.addEventListener("pointerdown", () => { byKey = false; });
      const send = () => { if (select.value !== before) { before = select.value; select.form.requestSubmit(); } };
      select.addEventListener("change", () => { if (!byKey) { send(); } });
      select.addEventListener("blur", send);
    });
  }

  /** On a slow network people press twice; a form is sent once, until its page is shown again. */
  function sentOnce(event) {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) {
      return;
    }
    if ("sent" in form.dataset) {
      event.preventDefault();
    }
    form.dataset.sent = "";
  }

  document.addEventListener("submit", sentOnce);
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]")
    .forEach((each) => { delete each.dataset.sent; }));
  document.addEventListener("DOMContentLoaded", () => improve(document));
  document.addEventListener("htmx:afterSwap", (event) => improve(event.detail.target ?? document));
  setInterval(() => document.querySelectorAll("time[data-age]").forEach(age), 60000);
})();
