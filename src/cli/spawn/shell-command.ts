/**
 * Words that are not programs to some /bin/sh (dash, bash, ksh, busybox): reserved words and
 * builtins; some have a program of the same name that behaves differently.
 */
const NOT_PROGRAMS: ReadonlySet<string> = new Set(
  `. : alias autoload bg bind break builtin caller case cd chdir command compgen complete compopt
  continue coproc declare dirs disown do done echo elif else enable esac eval exec exit export false
  fc fg fi float for function functions getopts hash hashes help hist history if in integer jobs kill
  let local logout mapfile nameref newgrp popd print printf pushd pwd read readarray readonly return
  select set setopt shift shopt source stop suspend test then time times trap true type typeset
  ulimit umask unalias unfunction unset until wait whence where which while`.split(/\s+/),
);

/** The first word: a program's name, without anything that a shell would expand. */
const PROGRAM = '[\\w./][\\w./+@%:,-]*';
/** A further word: plain characters, quotes, and variables by name. */
const VARIABLE = '\\$(?:[A-Za-z_]\\w*|\\{[A-Za-z_]\\w*\\})';
const WORD = `(?:[\\w./+@%:,=^~*?-]|'[^']*'|"(?:[^"$\`\\\\]|${VARIABLE})*"|${VARIABLE})+`;
const SIMPLE = new RegExp(`^[ \\t]*(${PROGRAM})(?:[ \\t]+${WORD})*[ \\t]*$`);

function isProgram(command: string): boolean {
  const program = SIMPLE.exec(command)?.[1];
  return program !== undefined && !NOT_PROGRAMS.has(program);
}

/**
 * The script for /bin/sh that runs a command. If the command is one program with its arguments, the
 * shell becomes the program, as bash does by itself: signals then reach the program, and its end is
 * the child's. A shell that stays in between would die of a signal that the program survives.
 */
export function shellScript(command: string): string {
  return isProgram(command) ? `exec ${command}` : command;
}
