// The progress of a batch: asks once a second, and loads the page anew when it has ended.
"use strict";

(() => {
  const box = document.querySelector("[data-progress]");
  if (!box) return;
  const bar = box.querySelector("progress");
  const count = box.querySelector("[data-done]");

  async function look() {
    try {
      const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.status === 401) return location.reload();
      const found = await answer.json();
      bar.value = found.done;
      count.textContent = found.done;
      if (found.state !== box.dataset.state) return location.reload();
    } catch {
      // the server may be restarting: the next look will tell
    }
    setTimeout(look, 1000);
  }
  setTimeout(look, 700);
})();
