/* main.c - convened: settings first, then the daemon. */
#include <sodium.h>
#include <stdio.h>

#include "app.h"
#include "config.h"

int main(int argc, char **argv)
{
	struct config config;
	int code = config_load(argc, argv, stdout, stderr, &config);

	if (code >= 0)
		return code;
	if (sodium_init() < 0) {
		fputs("convened: libsodium can't be set up\n", stderr);
		config_done(&config);
		return APP_EXIT_OS;
	}
	return app_run(argc, argv, &config);
}
