import type { Player } from './player.ts';

/** Plays and steps by the keyboard, outside of the editor and of fields. */
export function onKey(player: Player, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest('.cm-editor, input, select, textarea') !== null) return;
  const isButton = target.closest('button') !== null;
  if (event.key === ' ' && !isButton) player.toggle();
  else if (event.key === 'ArrowRight') player.move(1);
  else if (event.key === 'ArrowLeft') player.move(-1);
  else if (event.key === 'Home') player.go(0);
  else if (event.key === 'End') player.go(Number.MAX_SAFE_INTEGER);
  else return;
  event.preventDefault();
}
