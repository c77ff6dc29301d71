/* config_help.h - what convened says of itself and its settings: --help, the man page, the sample file.
 *
 * Layer     daemon: beside config, from the same config.def.
 * Thread    one. */
#pragma once
#include <stdio.h>

void config_help(FILE *out);
void config_man(FILE *out);
/* Every setting with what holds where it is absent: fit to be used as the file. */
void config_sample(FILE *out);
