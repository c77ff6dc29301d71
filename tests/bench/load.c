/* load.c - a client's load on convened, and the two bare baselines that it is compared with.
 *
 *   bench_load submit ENDPOINT SERVER_KEY KEYS PROGRAMME CLIENTS RATE SECONDS WINDOW
 *   bench_load echo   ENDPOINT SERVER_KEY KEYS -         CLIENTS 0    SECONDS WINDOW
 *   bench_load redis  SOCKET   -          -    PROGRAMME 1       0    SECONDS WINDOW
 *
 * `submit`: CLIENTS DEALER connections; RATE 0: each keeps WINDOW requests under way (saturation), else RATE requests a
 * second in all are sent when their time has come, however late the answers are (open loop: waiting counts).
 * `echo`: a bare ROUTER in a thread of this process sends each frame back. `redis`: two Function calls a request, as the
 * daemon makes them, WINDOW requests pipelined. KEYS: a file with lines "federation public secret"; "-": no CURVE.
 * Prints one JSON line. */
#include "tests/bench/load_redis.h"

#include "convene/v1/client.pb-c.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { CLIENTS_MAX = 256, SAMPLES_MAX = 1 << 20, FRAME_MAX = 65536 };

struct job {
	char *mode, *endpoint, *server_key, *keys, *programme;
	int clients, window;
	double rate, seconds;
};

struct client {
	void *socket;
	char federation[64], public_key[41], secret_key[41];
	int under_way; /* sent, outcome not heard */
};

struct tally {
	int64_t sent, receipts, outcomes, refused;
	int64_t *sent_us; /* by request number */
	int32_t *receipt_us, *outcome_us;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_load: %s: %s\n", what, zmq_strerror(errno));
	exit(1);
}

/* One call in wire bytes: request number `n` of this run. Days are spread so that the calendar does not fill. */
static size_t encode_submit(const struct job *job, const struct client *c, int64_t n, uint8_t *out)
{
	Convene__V1__Text title = CONVENE__V1__TEXT__INIT;
	Convene__V1__Period window = CONVENE__V1__PERIOD__INIT;
	Convene__V1__Need need = CONVENE__V1__NEED__INIT;
	Convene__V1__Request r = CONVENE__V1__REQUEST__INIT;
	Convene__V1__Submit submit = CONVENE__V1__SUBMIT__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	char id[40], text[80], first[32], last[32], wish[32];
	static char chn[] = "CHN", rus[] = "RUS", en[] = "en", medical[] = "medical", camp[] = "training_camp", table[] = "TTE";
	char *hosts[] = { chn, rus };
	int month = (int)(n % 9) + 1, day = (int)(n / 9 % 28) + 1;
	int year = 2026 + (int)(n / 252 % 2);

	snprintf(id, sizeof id, "q%lld", (long long)n);
	snprintf(text, sizeof text, "Joint training camp number %lld, senior squads", (long long)n);
	snprintf(first, sizeof first, "%04d-%02d-%02d", year, month, 1);
	snprintf(last, sizeof last, "%04d-%02d-%02d", year, month + 2, 28);
	snprintf(wish, sizeof wish, "%04d-%02d-%02d", year, month, day);
	title.lang = en;
	title.text = text;
	window.first = first;
	window.last = last;
	need.service = medical;
	need.has_staff = 1;
	need.staff = 1;
	r.id = id;
	r.n_title = 1;
	r.title = (Convene__V1__Text *[]){ &title };
	r.federation = (char *)c->federation;
	r.kind = camp;
	r.discipline = table;
	r.has_level = r.has_duration = r.has_units = r.has_headcount = r.has_value = 1;
	r.level = 2;
	r.duration = 3;
	r.units = 1;
	r.headcount = 20;
	r.value = 50;
	r.n_windows = 1;
	r.windows = (Convene__V1__Period *[]){ &window };
	r.preferred_first_day = wish;
	r.n_hosts = 2;
	r.hosts = hosts;
	r.n_services = 1;
	r.services = (Convene__V1__Need *[]){ &need };
	submit.n_requests = 1;
	submit.requests = (Convene__V1__Request *[]){ &r };
	call.has_protocol = call.has_id = call.has_deadline_ms = 1;
	call.protocol = 1;
	call.id = (uint64_t)n + 1;
	call.deadline_ms = 60000;
	call.programme = job->programme;
	call.of_case = CONVENE__V1__CALL__OF_SUBMIT;
	call.submit = &submit;
	return convene__v1__call__pack(&call, out);
}

static void open_clients(const struct job *job, void *context, struct client *clients)
{
	FILE *f = strcmp(job->keys, "-") ? fopen(job->keys, "r") : NULL;
	int n_keys = 0;

	for (int i = 0; i < job->clients; i++) {
		struct client *c = &clients[i];
		int zero = 0, hwm = 0;

		if (f == NULL || fscanf(f, "%63s %40s %40s", c->federation, c->public_key, c->secret_key) != 3) {
			if (n_keys > 0) /* fewer keys than clients: they are shared */
				*c = clients[i % n_keys];
			else
				snprintf(c->federation, sizeof c->federation, "CHN-TTE");
		} else {
			n_keys++;
		}
		c->under_way = 0;
		c->socket = zmq_socket(context, ZMQ_DEALER);
		zmq_setsockopt(c->socket, ZMQ_LINGER, &zero, sizeof zero);
		zmq_setsockopt(c->socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
		zmq_setsockopt(c->socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
		if (strcmp(job->server_key, "-")) {
			zmq_setsockopt(c->socket, ZMQ_CURVE_SERVERKEY, job->server_key, 41);
			zmq_setsockopt(c->socket, ZMQ_CURVE_PUBLICKEY, c->public_key, 41);
			zmq_setsockopt(c->socket, ZMQ_CURVE_SECRETKEY, c->secret_key, 41);
		}
		if (zmq_connect(c->socket, job->endpoint) != 0)
			die(job->endpoint);
	}
	if (f != NULL)
		fclose(f);
}

static int compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static double percentile_ms(int32_t *us, int64_t n, double p)
{
	if (n == 0)
		return 0;
	qsort(us, (size_t)n, sizeof *us, compare);
	return us[(int64_t)((double)(n - 1) * p)] / 1000.0;
}

static void heard(struct client *c, struct tally *t, const uint8_t *bytes, size_t size)
{
	Convene__V1__Reply *reply = convene__v1__reply__unpack(NULL, size, bytes);
	int64_t now = now_us();

	if (reply == NULL)
		die("a reply that cannot be read");
	if (reply->of_case == CONVENE__V1__REPLY__OF_RECEIPTS) {
		t->receipt_us[t->receipts++] = (int32_t)(now - t->sent_us[reply->id - 1]);
	} else if (reply->of_case == CONVENE__V1__REPLY__OF_OUTCOME) {
		int64_t n = atoll(reply->outcome->record->id + 1);
		t->outcome_us[t->outcomes++] = (int32_t)(now - t->sent_us[n]);
		c->under_way--;
	} else {
		if (t->refused++ == 0)
			fprintf(stderr, "bench_load: %s\n", reply->problem ? reply->problem->text : "?");
		c->under_way--;
	}
	convene__v1__reply__free_unpacked(reply, NULL);
}

static void drain(struct client *c, struct tally *t, bool echo)
{
	static uint8_t bytes[1 << 20];

	for (;;) {
		int size = zmq_recv(c->socket, bytes, sizeof bytes, ZMQ_DONTWAIT);
		if (size < 0)
			return;
		if (echo) {
			t->outcomes++;
			c->under_way--;
		} else {
			heard(c, t, bytes, (size_t)size);
		}
	}
}

static void send_one(const struct job *job, struct client *c, struct tally *t)
{
	uint8_t bytes[FRAME_MAX];
	size_t size = encode_submit(job, c, t->sent, bytes);

	t->sent_us[t->sent] = now_us();
	if (zmq_send(c->socket, bytes, size, ZMQ_DONTWAIT) < 0)
		return;
	t->sent++;
	c->under_way++;
}

static void *echo_server(void *socket)
{
	zmq_msg_t id, payload;

	for (;;) {
		zmq_msg_init(&id);
		zmq_msg_init(&payload);
		if (zmq_msg_recv(&id, socket, 0) < 0 || zmq_msg_recv(&payload, socket, 0) < 0)
			return NULL;
		zmq_msg_send(&id, socket, ZMQ_SNDMORE);
		zmq_msg_send(&payload, socket, 0);
	}
}

static void run_clients(const struct job *job, void *context, bool echo)
{
	static struct client clients[CLIENTS_MAX];
	zmq_pollitem_t items[CLIENTS_MAX];
	struct tally t = { .sent_us = calloc(SAMPLES_MAX, sizeof(int64_t)), .receipt_us = calloc(SAMPLES_MAX, sizeof(int32_t)),
			   .outcome_us = calloc(SAMPLES_MAX, sizeof(int32_t)) };
	int64_t start, stop, last;

	open_clients(job, context, clients);
	for (int i = 0; i < job->clients; i++)
		items[i] = (zmq_pollitem_t){ .socket = clients[i].socket, .events = ZMQ_POLLIN };
	usleep(500000); /* handshakes are over */
	start = now_us();
	stop = start + (int64_t)(job->seconds * 1e6);
	for (last = start; now_us() < stop + 5000000;) {
		bool over = now_us() >= stop || t.sent >= SAMPLES_MAX - 1;
		if (over && t.outcomes + t.refused >= t.sent)
			break;
		for (int i = 0; !over && job->rate == 0 && i < job->clients; i++)
			while (clients[i].under_way < job->window && t.sent < SAMPLES_MAX - 1)
				send_one(job, &clients[i], &t);
		while (!over && job->rate > 0 && t.sent < (int64_t)((double)(now_us() - start) * job->rate / 1e6))
			send_one(job, &clients[t.sent % job->clients], &t);
		zmq_poll(items, job->clients, 1);
		for (int i = 0; i < job->clients; i++)
			if (items[i].revents & ZMQ_POLLIN)
				drain(&clients[i], &t, echo);
		if (t.outcomes > 0)
			last = now_us();
	}
	printf("{\"mode\": \"%s\", \"clients\": %d, \"sent\": %lld, \"receipts\": %lld, \"outcomes\": %lld, \"refused\": %lld, "
	       "\"per_second\": %.0f, \"receipt_p50_ms\": %.3f, \"receipt_p99_ms\": %.3f, \"outcome_p50_ms\": %.3f, "
	       "\"outcome_p99_ms\": %.3f}\n",
	       job->mode, job->clients, (long long)t.sent, (long long)t.receipts, (long long)t.outcomes, (long long)t.refused,
	       (double)t.outcomes * 1e6 / (double)(last - start), percentile_ms(t.receipt_us, t.receipts, .5),
	       percentile_ms(t.receipt_us, t.receipts, .99), echo ? 0 : percentile_ms(t.outcome_us, t.outcomes, .5),
	       echo ? 0 : percentile_ms(t.outcome_us, t.outcomes, .99));
	for (int i = 0; i < job->clients; i++)
		zmq_close(clients[i].socket);
	free(t.sent_us);
	free(t.receipt_us);
	free(t.outcome_us);
}

static void run_echo(struct job *job, void *context)
{
	void *router = zmq_socket(context, ZMQ_ROUTER);
	int zero = 0, one = 1;
	char public_key[41], secret_key[41];
	pthread_t thread;

	zmq_setsockopt(router, ZMQ_LINGER, &zero, sizeof zero);
	zmq_setsockopt(router, ZMQ_RCVHWM, &zero, sizeof zero);
	zmq_setsockopt(router, ZMQ_SNDHWM, &zero, sizeof zero);
	if (strcmp(job->server_key, "-")) { /* the pair is this run's own */
		zmq_curve_keypair(public_key, secret_key);
		zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one);
		zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key, 41);
		job->server_key = public_key;
	}
	if (zmq_bind(router, job->endpoint) != 0)
		die(job->endpoint);
	pthread_create(&thread, NULL, echo_server, router);
	run_clients(job, context, true);
	zmq_ctx_shutdown(context);
	pthread_join(thread, NULL);
	zmq_close(router);
}


int main(int argc, char **argv)
{
	struct job job;
	void *context = zmq_ctx_new();

	if (argc != 10)
		return 64;
	zmq_ctx_set(context, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH); /* as lib/io/loop.c has it */
	job = (struct job){ argv[1], argv[2], argv[3], argv[4], argv[5], atoi(argv[6]), atoi(argv[9]), atof(argv[7]), atof(argv[8]) };
	if (job.clients < 1 || job.clients > CLIENTS_MAX)
		return 64;
	if (!strcmp(job.mode, "redis"))
		return load_redis(job.endpoint, job.programme, job.window, job.seconds);
	else if (!strcmp(job.mode, "echo"))
		run_echo(&job, context);
	else
		run_clients(&job, context, false);
	zmq_ctx_destroy(context);
	return 0;
}
