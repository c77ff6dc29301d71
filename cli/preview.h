/* preview.h - what an approval would cost others: approve --preview.
 *
 * Layer     cli.
 * Thread    one.
 * Not here  approving (decide.c). */
#pragma once

struct cli;

/* Asks who is worse off as long as the request named on the command line stands where it is, and
 * shows it; nothing is decided. Returns an exit code. */
int preview_run(struct cli *cli);
