/** The settings page on a screen, with what a user looks for and presses. */

import { Panel } from "@hubspot/ui-extensions";
import {
  isRenderedElementNode,
  type RenderedChildNode,
  type RenderedElementNode,
  type RenderedFragmentNode,
} from "@hubspot/ui-extensions/testing";
import type { ComponentType, ReactNode } from "react";

import { readText, screen } from "./rollcall";

type Parent = { childNodes: RenderedChildNode[] };
type PressedButton = RenderedElementNode<{
  disabled?: boolean;
  loading?: boolean;
  href?: unknown;
  overlay?: ReactNode;
  onClick?: () => void;
}>;

/** The button with this text; those in panels that are not open are not seen. */
function buttonOf(where: Parent, text: string): PressedButton {
  const buttons = buttonsOf(where);
  const found = buttons.find((one) => one.text === text);
  if (!found) throw new Error(`no button says ${text}, only ${buttons.map((one) => one.text)}`);
  return found as unknown as PressedButton;
}

function buttonsOf(where: Parent): RenderedElementNode[] {
  return elementsOf(where).filter(({ name }) => /^(Loading)?Button$/.test(name));
}

function elementsOf(where: Parent): RenderedElementNode[] {
  return where.childNodes
    .filter(isRenderedElementNode)
    .flatMap((node) => [node, ...elementsOf(node)]);
}

export function openPage(content: ReactNode) {
  const renderer = screen("settings");
  renderer.render(content);

  function panelBehind(text: string): RenderedFragmentNode {
    const overlay = buttonOf(renderer.getRootNode(), text).props
      .overlay as unknown as RenderedFragmentNode;
    if (!overlay) throw new Error(`no panel opens behind ${text}`);
    return overlay;
  }

  /** Opens the panel behind a button as soon as there is one; what is in it is read anew each time. */
  async function openPanel(text: string) {
    await renderer.waitFor(() => buttonOf(renderer.getRootNode(), text));
    const panel = panelBehind(text).find(Panel);
    if (panel.props.onOpen) panel.trigger("onOpen");
    const content = () => panelBehind(text);
    return {
      text: () => readText(content()),
      button: (label: string) => buttonOf(content(), label),
      find: <Props extends Record<string, any>>(component: ComponentType<Props>) =>
        content().find(component),
      findAll: <Props extends Record<string, any>>(component: ComponentType<Props>) =>
        content().findAll(component),
      buttonsIn: <Props extends Record<string, any>>(component: ComponentType<Props>) =>
        buttonsOf(content().find(component)).map((one) => one.text),
    };
  }

  return {
    ...renderer,
    openPanel,
    text: () => readText(renderer.getRootNode()),
    button: (text: string) => buttonOf(renderer.getRootNode(), text),
    field: <Props extends { name?: string }>(component: ComponentType<Props>, name: string) =>
      renderer.find(component, (node) => (node.props as { name?: string }).name === name),
  };
}
