// Modal dialogs on the browser's own <dialog>: it keeps the focus inside and gives it back at the end.
import { html, render } from '../app/element.js';

/** Shows content(close) and resolves with what close got, undefined after Escape. */
export function openDialog(title, content, wide = false) {
  const element = document.createElement('dialog');
  element.className = wide ? 'wide' : '';
  element.setAttribute('aria-labelledby', 'dialog-title');
  document.body.append(element);
  return new Promise((resolve) => {
    let result;
    const close = (value) => {
      result = value;
      element.close();
    };
    element.addEventListener('close', () => {
      element.remove();
      resolve(result);
    });
    render(html`<h2 id="dialog-title">${title}</h2>${content(close)}`, element);
    element.showModal();
  });
}

/** Says what will happen and asks; true only if the button that names the action was pressed. */
export async function confirm({ title, text, action, danger = false }) {
  const yes = await openDialog(title, (close) => html`
    <form method="dialog" @submit=${(e) => (e.preventDefault(), close(true))}>
      ${[text].flat().map((paragraph) => html`<p>${paragraph}</p>`)}
      <div class="buttons">
        <button type="button" class="button" autofocus @click=${() => close(false)}>Keep as it is</button>
        <button class="button ${danger ? 'danger' : 'primary'}" data-confirm>${action}</button>
      </div>
    </form>`);
  return yes === true;
}
