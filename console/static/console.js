// The panel at the right: whatever is loaded into it opens it, and Escape or Close shuts it again.
// A dialog keeps the focus inside and gives it back to the button it was opened from.
const panel = document.getElementById("panel");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel" && !panel.open) panel.showModal();
});

document.addEventListener("click", (event) => {
  if (event.target === panel || event.target.closest("[data-close]")) panel.close();
});

// What went wrong on the way is said where a screen reader hears it.
function tell(text) {
  document.getElementById("told").textContent = text;
}
document.addEventListener("htmx:sendError", () => tell("Rollcall could not be reached. Try again."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  tell(status === 403 ? "You may not do that, or this page was open for too long. Reload it."
    : `That did not work (${status}). Reload the page and try again.`);
});
