/* fake_worker.c - a worker for the tests of the pool: speaks the protocol by hand and does what the
 * ids of the requests ask for.
 *
 *   die-…    it kills itself when it is asked to judge or to place it
 *   hang-…   it never answers
 *   wait-…   (scheduler) it answers, and lets the test settle it
 *   others   sound; proposed
 *
 * FAKE_WORKER_VERSION: the version that it claims to have. Every task that it gets is a line in the file
 * FAKE_WORKER_LOG: name, ids, and how many tasks it held then. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "convene/v1/worker.pb-c.h"

static const char *name, *endpoint;
static void *sock;
static uint64_t sequence;

static void tell(const Convene__V1__FromWorker *m)
{
	size_t n = convene__v1__from_worker__get_packed_size(m);
	uint8_t *bytes = malloc(n);

	convene__v1__from_worker__pack(m, bytes);
	zmq_send(sock, bytes, n, 0);
	free(bytes);
}

static void say_ready(void)
{
	Convene__V1__FromWorker m = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Ready ready = CONVENE__V1__READY__INIT;
	const char *version = getenv("FAKE_WORKER_VERSION");

	m.of_case = CONVENE__V1__FROM_WORKER__OF_READY;
	m.ready = &ready;
	ready.kind = (char *)(uintptr_t)(strncmp(name, "validator", 9) == 0 ? "validator" : "scheduler");
	ready.name = (char *)(uintptr_t)name;
	ready.has_pid = 1;
	ready.pid = getpid();
	ready.version = (char *)(uintptr_t)(version != NULL ? version : CONVENE_VERSION);
	tell(&m);
}

static void note(const char *what, const char *ids)
{
	const char *path = getenv("FAKE_WORKER_LOG");
	FILE *file = path != NULL ? fopen(path, "a") : NULL;

	if (file == NULL)
		return;
	fprintf(file, "%s %s %s\n", name, what, ids);
	fclose(file);
}

static void behave(const char *id)
{
	if (strncmp(id, "die-", 4) == 0) {
		fprintf(stderr, "last words about %s\n", id);
		fflush(stderr);
		raise(SIGKILL);
	}
	if (strncmp(id, "hang-", 5) == 0)
		pause();
}

static void validate(const Convene__V1__Task *task)
{
	Convene__V1__FromWorker m = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Result result = CONVENE__V1__RESULT__INIT;
	Convene__V1__Verdict *list[64], verdicts[64];

	m.of_case = CONVENE__V1__FROM_WORKER__OF_RESULT;
	m.result = &result;
	result.has_task = 1;
	result.task = task->id;
	result.verdicts = list;
	for (size_t i = 0; i < task->validate->n_subjects; i++) {
		note("validate", task->validate->subjects[i]->request);
		behave(task->validate->subjects[i]->request);
		convene__v1__verdict__init(&verdicts[i]);
		verdicts[i].request = task->validate->subjects[i]->request;
		list[result.n_verdicts++] = &verdicts[i];
	}
	tell(&m);
}

static void place(const Convene__V1__Task *task)
{
	Convene__V1__FromWorker m = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Answer answer = CONVENE__V1__ANSWER__INIT;
	Convene__V1__Change change = CONVENE__V1__CHANGE__INIT;
	Convene__V1__Change *changes[] = { &change };

	note("place", task->place->subject->request);
	behave(task->place->subject->request);
	m.of_case = CONVENE__V1__FROM_WORKER__OF_ANSWER;
	m.answer = &answer;
	answer.has_sequence = answer.has_task = 1;
	answer.sequence = ++sequence;
	answer.task = task->id;
	answer.programme = task->programme;
	answer.changes = changes;
	answer.n_changes = 1;
	change.request = task->place->subject->request;
	tell(&m);
}

static void obey(const Convene__V1__ToWorker *to)
{
	Convene__V1__FromWorker m = CONVENE__V1__FROM_WORKER__INIT;
	Convene__V1__Heartbeat beat = CONVENE__V1__HEARTBEAT__INIT;
	Convene__V1__Drained drained = CONVENE__V1__DRAINED__INIT;
	char text[64];

	switch (to->of_case) {
	case CONVENE__V1__TO_WORKER__OF_WHO:
		say_ready();
		break;
	case CONVENE__V1__TO_WORKER__OF_PING:
		m.of_case = CONVENE__V1__FROM_WORKER__OF_HEARTBEAT;
		m.heartbeat = &beat;
		tell(&m);
		break;
	case CONVENE__V1__TO_WORKER__OF_FEED:
		if (to->feed->page != NULL) {
			snprintf(text, sizeof text, "%zu+%zu%s", to->feed->page->n_entities,
				 to->feed->page->n_records, to->feed->page->has_next ? "…" : "");
			note("page", text);
		}
		snprintf(text, sizeof text, "%zu", to->feed->n_updates);
		if (to->feed->n_updates > 0)
			note("updates", text);
		break;
	case CONVENE__V1__TO_WORKER__OF_TASK:
		if (to->task->of_case == CONVENE__V1__TASK__OF_VALIDATE)
			validate(to->task);
		else
			place(to->task);
		break;
	case CONVENE__V1__TO_WORKER__OF_SETTLED:
		note("settled", to->settled->result);
		break;
	case CONVENE__V1__TO_WORKER__OF_DRAIN:
		m.of_case = CONVENE__V1__FROM_WORKER__OF_DRAINED;
		m.drained = &drained;
		tell(&m);
		zmq_close(sock);
		exit(0);
	default:
		break;
	}
}

int main(int argc, char **argv)
{
	void *context = zmq_ctx_new();

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--name") == 0)
			name = argv[i + 1];
		else if (strcmp(argv[i], "--endpoint") == 0)
			endpoint = argv[i + 1];
	}
	sock = zmq_socket(context, ZMQ_DEALER);
	if (name == NULL || endpoint == NULL || zmq_connect(sock, endpoint) != 0)
		return 64;
	say_ready();
	for (;;) {
		zmq_msg_t message;
		Convene__V1__ToWorker *to;

		zmq_msg_init(&message);
		if (zmq_msg_recv(&message, sock, 0) < 0)
			return 70;
		to = convene__v1__to_worker__unpack(NULL, zmq_msg_size(&message), zmq_msg_data(&message));
		if (to == NULL)
			return 76;
		obey(to);
		convene__v1__to_worker__free_unpacked(to, NULL);
		zmq_msg_close(&message);
	}
}
