/* ports_test.h - what the tests of the store share: a redis-server of their own in a temporary
 * folder, a store on it, and operations that are waited for. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/loop.h"
#include "ports/redis_server.h"
#include "ports/store.h"
#include "ports/store_read.h"

struct world {
	char folder[64];
	struct loop *loop;
	bool shares_loop;
	struct redis_server *server;
	struct store *store;
	enum store_state state; /* the last that on_state told */
	char text[256];
	unsigned n_ready; /* how often it became ready */
	char event[512];  /* the last of redis_server */
	unsigned n_events;
};

/* cmocka's setup and teardown: *state is a struct world with a store that is ready; durability
 * `always`. */
int world_setup(void **state);
int world_teardown(void **state);
/* As world_setup, without server and store. */
int world_setup_bare(void **state);

/* A second one on the same loop, without server and store. */
struct world *world_beside(struct world *w);

void world_open_server(struct world *w, enum store_durability durability);
void world_open_program(struct world *w, const char *program);
void world_close_server(struct world *w);
/* Opens the store and waits until it is ready. */
void world_open_store(struct world *w, enum store_durability durability);
/* Opens another one on the same server and waits until it is in `state`. */
struct store *world_open_other(struct world *w, enum store_state *ret_state);
/* Turns the loop until `*flag`, at most `ms`; false where the time ran out. */
bool world_turn_until(struct world *w, const bool *flag, uint64_t ms);
/* … until the store is in this state. */
bool world_turn_until_state(struct world *w, enum store_state state, uint64_t ms);
/* … for so long. */
void world_turn(struct world *w, uint64_t ms);

/* Says one command to the server, beside the store, and returns its answer as text. Words are
 * parted by one space each: two of them stand around an empty one. */
const char *world_redis(struct world *w, const char *command);

/* The operation's done_cb for the calls below; `look`, where not NULL, sees it while what is
 * lent is valid. */
typedef void (*world_look)(struct store_op *op);
/* Runs a start and waits for its end: the error of either. */
#define WORLD_DO(w, kind, operation) WORLD_LOOK(w, kind, operation, NULL)
#define WORLD_LOOK(w, kind, operation, look) \
	(world_begin(&(operation)->op, look), \
	 world_end((w), store_##kind##_start((w)->store, (operation))))
void world_begin(struct store_op *op, world_look look);
enum cvn_err world_end(struct world *w, enum cvn_err err);

struct store_bytes bytes_of(const char *text);
/* Creates the programme "P"; the log then has one entry, the calendar version 1. */
void world_put_programme(struct world *w, const char *phase);
/* Admits a request into "P": content "c-ID", digest `digest`. */
struct store_item world_item(const char *id, const char *digest, const char *after);
enum cvn_err world_admit(struct world *w, struct store_item *items, size_t n);
/* A change of a request, all guards off. */
struct store_change world_change(const char *id, int32_t state, bool bump);
