// The panel at the right: whatever is loaded into it opens it, and Escape or Close shuts it again.
// A dialog keeps the focus inside; where it was opened from gets the focus back.
const panel = document.getElementById("panel");
const told = document.getElementById("told");
let opener = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  told.textContent = "";
  if (event.detail.target.id === "panel" && !panel.open) opener = event.detail.elt;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel") return;
  panel.setAttribute("aria-label", panel.querySelector("h2")?.textContent ?? "Details");
  if (!panel.open) panel.showModal();
});
panel.addEventListener("close", () => {
  panel.replaceChildren();
  if (opener?.isConnected) opener.focus();
});
document.addEventListener("click", (event) => {
  if (event.target === panel || event.target.closest("[data-close]")) panel.close();
});

// Pressed twice, a form is sent once.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  else if (event.target.method === "post" && !event.target.closest("[hx-post]")) event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What went wrong on the way is said where a screen reader hears it, in the server's own words.
document.addEventListener("htmx:sendError", () => {
  told.textContent = "Rollcall could not be reached. Try again.";
});
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const isText = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  told.textContent = isText ? responseText : `That did not work (${status}). Reload the page and try again.`;
});
