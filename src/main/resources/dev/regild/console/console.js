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

  /** A form that sends its file with a bar of progress, and says what the server made of it. */
  function uploads(form) {
    const bar = form.querySelector("progress");
    const said = form.querySelector("[data-said]");
    const file = form.querySelector("input[type=file]");
    const button = form.querySelector("button");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const request = new XMLHttpRequest();
      const failed = (text) => {
        bar.hidden = true;
        button.disabled = false;
        said.textContent = text;
        said.className = "error";
      };
      request.open("POST", form.action);
      request.setRequestHeader("X-Regild-Csrf", form.elements.csrf.value);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", (progress) => {
        bar.value = (100 * progress.loaded) / progress.total;
        said.textContent = progress.loaded < progress.total
          ? `${Math.floor(bar.value)} % sent`
          : "All is sent; the server checks the disk.";
      });
      request.addEventListener("load", () => {
        if (request.status === 201) {
          location.assign(request.getResponseHeader("Location"));
        } else {
          const page = new DOMParser().parseFromString(request.responseText, "text/html");
          failed(page.querySelector(".error")?.textContent ?? `The server answered ${request.status}.`);
        }
      });
      request.addEventListener("error", () => failed("The connection broke. Upload the file again."));
      bar.hidden = false;
      button.disabled = true;
      said.className = "";
      request.send(file.files[0]);
    });
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
