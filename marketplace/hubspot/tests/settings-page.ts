/** The settings page on a screen, with what a user looks for and presses. */

import { Button, LoadingButton, Panel } from "@hubspot/ui-extensions";
import type { RenderedElementNode, RenderedFragmentNode } from "@hubspot/ui-extensions/testing";
import type { ComponentType, ReactNode } from "react";

import { readText, screen } from "./rollcall";

type Buttons = Pick<RenderedFragmentNode, "findAll">;

/** The button with this text. */
function buttonOf(where: Buttons, text: string) {
  const buttons = [...where.findAll(Button), ...where.findAll(LoadingButton)];
  const found = buttons.find((one) => one.text === text);
  if (!found) throw new Error(`no button says ${text}, only ${buttons.map((one) => one.text)}`);
  return found as RenderedElementNode<{
    disabled?: boolean;
    loading?: boolean;
    href?: unknown;
    overlay?: ReactNode;
    onClick?: () => void;
  }>;
}

export function openPage(content: ReactNode) {
  const renderer = screen("settings");
  renderer.render(content);

  function panelBehind(text: string): RenderedFragmentNode {
    const overlay = buttonOf(renderer, text).props.overlay as unknown as RenderedFragmentNode;
    if (!overlay) throw new Error(`no panel opens behind ${text}`);
    return overlay;
  }

  /** Opens the panel behind a button as soon as there is one; what is in it is read anew each time. */
  async function openPanel(text: string) {
    await renderer.waitFor(() => buttonOf(renderer, text));
    panelBehind(text).find(Panel).trigger("onOpen");
    const content = () => panelBehind(text);
    return {
      text: () => readText(content()),
      button: (label: string) => buttonOf(content(), label),
      find: <Props extends Record<string, any>>(component: ComponentType<Props>) =>
        content().find(component),
      findAll: <Props extends Record<string, any>>(component: ComponentType<Props>) =>
        content().findAll(component),
      close: () => content().find(Panel).trigger("onClose"),
    };
  }

  return {
    ...renderer,
    openPanel,
    text: () => readText(renderer.getRootNode()),
    button: (text: string) => buttonOf(renderer, text),
    field: <Props extends { name?: string }>(component: ComponentType<Props>, name: string) =>
      renderer.find(component, (node) => (node.props as { name?: string }).name === name),
  };
}
