// A large change is sent by holding the button; who has no pointer confirms it in a dialog.

const HOLD_MS = 1500;

export function wireHold(button) {
  const confirm = button.form.querySelector("[data-confirm]");
  let timer = 0;
  const { held } = button.form.elements;
  const send = () => {
    if (button.disabled) return; // the link was lost while it was held
    held.value = "1";
    button.form.requestSubmit(button); // the form is read at once
    held.value = ""; // should nothing come of it, it has to be held again
  };
  const release = () => {
    clearTimeout(timer);
    button.classList.remove("is-held");
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || button.disabled || !button.form.reportValidity()) return;
    button.classList.add("is-held");
    timer = setTimeout(send, HOLD_MS);
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(name, release);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => {
    if (held.value === "1") return;
    event.preventDefault();
    if (event.detail !== 0) return; // a short tap does nothing
    if (button.form.reportValidity()) confirm.showModal();
  });
  confirm.querySelector("[data-confirm-back]").addEventListener("click", () => confirm.close());
  confirm.querySelector("[data-confirm-send]").addEventListener("click", () => {
    confirm.close();
    send();
  });
}
