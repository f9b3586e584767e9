"use strict";

// Loaded after the terminal's own script, which opens the board when the page has been loaded and
// tells by classes of the body how that goes on.
const openBoard = window.onload;

window.onload = async (event) => {
  const terminal = document.getElementById("terminal");
  const again = document.getElementById("again");
  // Where this page is, whatever proxy is in between, there is the board.
  const board = new URL("board", location.href);
  board.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  terminal.dataset.sessionWebsocketUrl = board.href;
  // Cells are measured once, and must not be measured in another font.
  await Promise.allSettled(
    ["16px", "bold 16px", "italic 16px"].map((font) => document.fonts.load(`${font} "Roboto Mono"`)),
  );
  const told = new MutationObserver(() => {
    if (document.body.classList.contains("-closed")) {
      again.focus();
    } else if (document.body.classList.contains("-first-byte")) {
      terminal.querySelector("textarea").focus();
    }
  });
  told.observe(document.body, { attributeFilter: ["class"] });
  again.addEventListener("click", () => location.reload());
  openBoard.call(window, event);
};
