#include "flow/kinds.h"

#define OF(case) CONVENE__V1__CALL__OF_##case

enum {
	OWNERS = ROLE_FEDERATION | ROLE_WORKING_BODY | ROLE_OPERATOR,
	ABOUT = KIND_PROGRAMME | KIND_CATCH_UP
};

static const struct kind KINDS[] = {
	/* about.c */
	{ OF(HELLO), "hello", ROLES_CLIENTS, 0, hello_start, NULL },
	{ OF(STATUS), "status", ROLE_WORKING_BODY | ROLE_OPERATOR, 0, status_start, NULL },
	/* data.c */
	{ OF(PUT), "put", ROLE_COMMITTEE | ROLE_WORKING_BODY | ROLE_OPERATOR,
	  KIND_NEW | KIND_CATCH_UP, put_start, put_done },
	/* restore.c */
	{ OF(RESTORE), "restore", ROLE_OPERATOR, ABOUT, restore_start, restore_done },
	/* submit.c */
	{ OF(SUBMIT), "submit", OWNERS, KIND_PROGRAMME, submit_start, submit_done },
	/* desk.c */
	{ OF(AMEND), "amend", OWNERS | ROLE_COMMITTEE, ABOUT, desk_start, desk_done },
	{ OF(WITHDRAW), "withdraw", OWNERS, ABOUT, desk_start, desk_done },
	{ OF(DECIDE), "decide", ROLE_COMMITTEE | ROLE_OPERATOR, ABOUT, desk_start, desk_done },
	{ OF(ACCEPT), "accept", OWNERS, ABOUT, desk_start, desk_done },
	{ OF(RELEASE), "release", ROLE_OPERATOR, ABOUT, desk_start, desk_done },
	{ OF(ALLOW), "allow", ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT, desk_start, desk_done },
	{ OF(RESPOND), "respond", OWNERS, ABOUT, desk_start, desk_done },
	/* value.c */
	{ OF(VALUE), "value", ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT, value_start, value_done },
	/* take.c */
	{ OF(TAKE), "take", OWNERS, ABOUT, take_start, take_done },
	{ OF(RESCHEDULE), "reschedule", ROLE_COMMITTEE | ROLE_OPERATOR, ABOUT, take_start,
	  take_done },
	/* preview.c */
	{ OF(PREVIEW), "preview", ROLE_COMMITTEE | ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT,
	  preview_start, preview_done },
	/* round_calls.c */
	{ OF(ROUND_START), "round_start", ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT,
	  round_start_start, round_done },
	{ OF(ROUND_GET), "round_get", ROLES_READING, ABOUT, round_get_start, NULL },
	{ OF(ROUND_ADOPT), "round_adopt", ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT,
	  round_adopt_start, round_done },
	{ OF(ROUND_DISCARD), "round_discard", ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT,
	  round_discard_start, round_done },
	{ OF(ROUND_STOP), "round_stop", ROLE_WORKING_BODY | ROLE_OPERATOR, ABOUT, round_stop_start,
	  NULL },
	/* reads.c */
	{ OF(GET), "get", ROLES_CLIENTS, ABOUT, get_start, NULL },
	{ OF(LIST), "list", ROLES_CLIENTS, ABOUT, list_start, NULL },
	{ OF(SNAPSHOT), "snapshot", ROLES_READING, ABOUT, snapshot_start, NULL },
	/* log.c */
	{ OF(REPLAY), "replay", ROLES_READING, ABOUT, replay_start, replay_done },
	{ OF(TRACE), "trace", ROLES_CLIENTS, ABOUT, trace_start, trace_done },
	/* audit.c */
	{ OF(AUDIT), "audit", ROLES_READING, KIND_PROGRAMME, audit_start, audit_done },
	/* keys.c */
	{ OF(GRANT), "grant", ROLE_OPERATOR, 0, grant_start, grant_done },
	{ OF(REVOKE), "revoke", ROLE_OPERATOR, 0, revoke_start, revoke_done },
	{ OF(PRINCIPALS), "principals", ROLE_OPERATOR, 0, principals_start, NULL },
};

const struct kind *kind_of(Convene__V1__Call__OfCase of)
{
	for (size_t i = 0; i < N_ELEMENTS(KINDS); i++)
		if (KINDS[i].of == of)
			return &KINDS[i];
	return NULL;
}
