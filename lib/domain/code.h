/* code.h - the closed vocabularies: kinds of events, services, verdicts of committees, reasons for waiting.
 *
 * Layer     domain: may include util/ and the generated messages.
 * Thread    any; pure.
 * Limit     –
 * Not here  vocabularies that a programme defines: disciplines and facilities (programme.h); states (lifecycle.h). */
#pragma once
#include <stdbool.h>

enum code_kind { KIND_TRAINING_CAMP, KIND_COMPETITION, KIND_TOURNAMENT, KIND_MASS_EVENT, KIND_N };
enum code_service { SERVICE_TRAINING, SERVICE_SCIENTIFIC, SERVICE_METHODOLOGICAL, SERVICE_MEDICAL, SERVICE_N };
enum code_verdict { VERDICT_APPROVE, VERDICT_DECLINE, VERDICT_REVISE, VERDICT_POSTPONE, VERDICT_CANCEL, VERDICT_N };

/* Why a request has no place: the codes of a plan file, in the order in which they bind, then what only happens to a
 * request in its life. */
#define CODE_REASONS(X) \
	X(NO_ELIGIBLE_VENUE) X(NO_WINDOW) X(PROTECTED_DAYS) X(VENUE_CLOSED) X(VENUE_FULL) X(CITY_FULL) \
	X(SERVICE_EXHAUSTED) X(SQUAD_BUSY) X(AFTER_UNPLACED) X(AFTER_GAP) X(QUOTA_REACHED) X(NOT_WORTH_IT) \
	X(DISPLACED) X(ACCEPT_LAPSED) X(REVISION_LAPSED)
enum code_reason {
#define X(name) REASON_##name,
	CODE_REASONS(X)
#undef X
	REASON_N
};

/* The value whose name is `text`; -1 where it is none (NULL too). */
int code_kind(const char *text);
int code_service(const char *text);
int code_verdict(const char *text);

/* The name as it travels and as JSON has it: "training_camp", "medical", "approve", "VENUE_FULL". Static. The argument
 * must be a value of its enum. */
const char *code_kind_name(int kind);
const char *code_service_name(int service);
const char *code_verdict_name(int verdict);
const char *code_reason_name(int reason);

/* Does `text` look like a committee's code: three capital Latin letters? */
bool code_is_noc(const char *text);
