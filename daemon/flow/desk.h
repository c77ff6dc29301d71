/* desk.h - what the calls that decide about requests share.
 *
 * Layer     flow; private to desk.c, take.c, value.c.
 * Thread    loop thread. */
#pragma once
#include "flow/decide.h"
#include "flow/exchange.h"

/* The caller at `record`, today. */
struct desk_case desk_case_of(struct exchange *e, const struct replica_record *record);

/* Not CVN_OK: tells the client why not, with what stands where it is a conflict. Returns FAULT. */
enum verdict desk_refuse(struct exchange *e, const struct replica_record *record, enum cvn_err err,
			 const struct ruling *ruling);

/* The reply: the record, as the caller may see it. */
enum verdict desk_answer(struct exchange *e, const struct replica_record *record);
