/* document.c - the table of rules as a document.
 *
 * Layer     workers/validator.
 * Thread    any. */
#include "validator/rules.h"

static const char HEAD[] =
	"# Rules\n"
	"\n"
	"What `convene-validator` asks of a request, in this order. All faults of a request are named, not only the first\n"
	"(up to 100); a rule is left out while a field that it needs is blamed by a rule above it, since its answer would\n"
	"only follow from that fault. Whether a sound request fits beside the others, and on which days, is the scheduler's\n"
	"matter: closed and protected days, busy squads and full quotas are no faults.\n"
	"\n"
	"An announced event that is `fixed` stands already: it may be held outside its windows, at a venue that lacks what\n"
	"the request asks for. Its venue, city and host must have the room all the same.\n"
	"\n"
	"What the working body has let pass (`allow`: `FILED_TOO_LATE`, `CAMP_TOO_LONG`) is no fault of the revision that it\n"
	"was let pass for.\n"
	"\n"
	"This page is written by `convene-validator --rules`.\n"
	"\n"
	"| code | field | rule | left out while these are blamed |\n"
	"| --- | --- | --- | --- |\n";

enum cvn_err rules_document(struct buf *out)
{
	enum cvn_err err = buf_append(out, HEAD, sizeof(HEAD) - 1);
	const struct rule *rule;
	size_t n;

	rule = rules(&n);
	for (; n > 0 && err == CVN_OK; n--, rule++)
		err = buf_printf(out, "| `%s` | %s | %s | %s |\n", rule->code, rule->field, rule->text,
		                 rule->needs[0] != '\0' ? rule->needs : "–");
	return err;
}
