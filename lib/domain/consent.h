/* consent.h - whose word a placement needs.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    any; pure.
 * Limit     CONSENT_MAX committees.
 * Not here  who gave it (daemon/flow); states (lifecycle.h). */
#pragma once
#include "domain/programme.h"
#include "convene/v1/record.pb-c.h"

enum { CONSENT_MAX = 256 };

/* The committees whose word is needed for `request` at `placement`, in alphabetical order, each once: the host of the
 * placement, the filing federation's, each party with an attending squad, or all parties where the policy asks for it.
 * Returns how many; they stand in ret_nocs, lent by the programme until its next change. Unknown ones are left out. */
size_t consent_needed(const struct programme *p, const Convene__V1__Request *request,
                      const Convene__V1__Placement *placement, const char *ret_nocs[CONSENT_MAX]);

/* Has `noc` given its consent? Has every committee that `standing` says is needed (and there is one at least)? */
bool consent_is_given(const Convene__V1__Standing *standing, const char *noc);
bool consent_is_complete(const Convene__V1__Standing *standing);

/* Do consents lapse between the two: another venue, other days, or another headcount? A placement that is NULL on one
 * side only is another one. */
bool consent_lapses(const Convene__V1__Request *before, const Convene__V1__Placement *placed_before,
                    const Convene__V1__Request *after, const Convene__V1__Placement *placed_after);
