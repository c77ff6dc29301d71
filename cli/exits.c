#include "cli/exits.h"

#include <string.h>

const struct exit_row EXITS[] = {
#define EXIT(name, number, meaning) { number, meaning },
#include "cli/exits.def"
#undef EXIT
};
const size_t N_EXITS = N_ELEMENTS(EXITS);

enum exit_code exit_of_err(enum cvn_err err)
{
	switch (err) {
	case CVN_OK:
		return EXIT_OK;
	case CVN_EMALFORMED:
	case CVN_ETOOLARGE:
	case CVN_ETEXT:
	case CVN_EINVALID:
	case CVN_EIDTAKEN:
		return EXIT_DATA;
	case CVN_EUNKNOWN:
	case CVN_EFRAMES:
	case CVN_EPROTOCOL:
		return EXIT_PROTOCOL;
	case CVN_EFORBIDDEN:
		return EXIT_NO_PERMISSION;
	case CVN_EPROGRAMME:
	case CVN_ENOTFOUND:
		return EXIT_NOT_THERE;
	case CVN_ESTATE:
	case CVN_ECLOSED:
	case CVN_ENOPLACE:
		return EXIT_FAILED;
	case CVN_ECONFLICT:
	case CVN_EDEADLINE:
	case CVN_EBUSY:
	case CVN_ECANCELED:
	case CVN_ESTALE:
	case CVN_EGONE:
		return EXIT_TRY_AGAIN;
	case CVN_EUNAVAILABLE:
	case CVN_EEPOCH:
	case CVN_EIO:
		return EXIT_UNAVAILABLE;
	case CVN_ENOMEM:
	case CVN_ESYS:
	case CVN_EBUG:
		return EXIT_SOFTWARE;
	}
	return EXIT_SOFTWARE;
}

enum exit_code exit_of_problem(const char *code)
{
	static const enum cvn_err ALL[] = {
#define CVN_ERR(name, value, wire, class, retry, text) name,
#include "util/err.def"
#undef CVN_ERR
	};

	for (size_t i = 0; code != NULL && i < N_ELEMENTS(ALL); i++) {
		if (strcmp(cvn_err_code(ALL[i]), code) == 0)
			return exit_of_err(
				ALL[i]); /* the first row of a code is the one that clients meet */
	}
	return EXIT_SOFTWARE;
}
