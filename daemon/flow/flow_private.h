/* flow_private.h - what the files of flow share: the flow itself, and its counts.
 *
 * Layer     flow.
 * Thread    loop thread. */
#pragma once
#include "flow/flow.h"
#include "flow/quota.h"
#include "io/loop.h"
#include "util/list.h"

#define FLOW_ERRORS 32 /* above every -err */

struct mirror;
struct jobs;
struct answers;
struct daily;
struct rounds;
struct mirror_programme;

struct flow {
	struct flow_options options;
	const struct flow_ports *ports;
	struct mirror *mirror;
	struct jobs *jobs;
	struct answers *answers;
	struct daily *daily;
	struct rounds *rounds;
	struct quota quota;
	struct list_node exchanges; /* exchange::link */
	size_t n_exchanges;
	uint64_t n_requests_claimed, n_entities_claimed; /* by exchanges, of any programme */
	struct loop_timer *tick; /* deadlines, and what is to be tried again */
	bool is_draining;
	uint64_t started_ms;
	bool has_submitter; /* of the request whose update is at hand: it hears of it */
	struct front_peer submitter;
	void (*loaded_cb)(void *arg, enum cvn_err err);
	void *loaded_arg;
	struct {
		uint64_t calls, updates, outcomes, decided;
		uint64_t problems[FLOW_ERRORS]; /* by -err */
	} counts;
};

/* A programme that was just put for the first time: mirrored, followed and fed from here on.
 * CVN_ENOMEM, CVN_ETOOLARGE. */
CVN_MUST_CHECK enum cvn_err flow_begin_programme(struct flow *flow, const char *programme,
						 struct mirror_programme **ret);
