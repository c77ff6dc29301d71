#include "io_test.h"

#include "io/proc.h"
#include "io/redis.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A link, what it was told, and a server that may be there or not. */
struct scene {
	struct fixture *f;
	struct redis_link *link;
	struct proc *server;
	char socket[96];
	int n_up, n_away;
	int n_ok, n_lost, n_late, n_canceled;
	char why[200];
	char last[100];
	bool closes_on_reply;
};

static void on_state(void *arg, enum cvn_err err, const char *why)
{
	struct scene *s = arg;

	if (err == CVN_OK)
		s->n_up++;
	else
		s->n_away++;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static void on_reply(void *arg, redisReply *reply, enum cvn_err err)
{
	struct scene *s = arg;

	s->n_ok += err == CVN_OK;
	s->n_lost += err == CVN_EUNAVAILABLE;
	s->n_late += err == CVN_EDEADLINE;
	s->n_canceled += err == CVN_ECANCELED;
	if (reply != NULL && reply->str != NULL)
		snprintf(s->last, sizeof(s->last), "%s", reply->str);
	if (s->closes_on_reply) {
		redis_link_close(s->link);
		s->link = NULL;
		s->closes_on_reply = false;
	}
}

static void on_server_exit(void *arg, struct proc *proc, const struct proc_exit *how)
{
	struct scene *s = arg;

	(void)proc;
	(void)how;
	s->server = NULL;
}

static void start_server(struct scene *s)
{
	const char *argv[] = { "redis-server", "--port", "0",     "--unixsocket", s->socket,
			       "--save",       "",       "--dir", s->f->folder,   NULL };
	struct proc_options options = { .argv = argv, .on_exit = on_server_exit, .arg = s };

	assert_int_equal(proc_spawn(s->f->loop, &options, &s->server), CVN_OK);
}

static void kill_server(struct scene *s)
{
	proc_signal(s->server, SIGKILL);
	TURN_UNTIL(s->f->loop, s->server == NULL);
}

static void open_link(struct scene *s, struct fixture *f, struct redis_options options)
{
	s->f = f;
	snprintf(s->socket, sizeof(s->socket), "%s/redis", f->folder);
	if (options.host == NULL)
		options.unix_path = s->socket;
	options.backoff_max_ms = 50;
	options.on_state = on_state;
	options.arg = s;
	assert_int_equal(redis_link_open(f->loop, &options, &s->link), CVN_OK);
}

static void end_scene(struct scene *s)
{
	redis_link_close(s->link);
	if (s->server != NULL)
		kill_server(s);
}

static enum cvn_err command(struct scene *s, const char *a, const char *b, uint64_t deadline_ms)
{
	const char *argv[] = { a, b };

	return redis_command(s->link, b != NULL ? 2 : 1, argv, NULL, on_reply, s, deadline_ms);
}

static uint64_t in_ms(struct scene *s, uint64_t ms)
{
	return loop_now_ms(s->f->loop) + ms;
}

static void a_command_is_answered_on_a_later_turn(void **state)
{
	struct scene s = { 0 };

	open_link(&s, *state,
		  (struct redis_options){ .client_name = "test", .must_be_master = true });
	assert_int_equal(s.n_away, 0);
	assert_int_equal(command(&s, "PING", NULL, 1000), CVN_EUNAVAILABLE);
	start_server(&s);
	TURN_UNTIL(s.f->loop, s.n_up == 1);

	assert_int_equal(command(&s, "CLIENT", "GETNAME", in_ms(&s, 5000)), CVN_OK);
	assert_int_equal(s.n_ok, 0);
	assert_int_equal(redis_link_pending(s.link), 1);
	TURN_UNTIL(s.f->loop, s.n_ok == 1);
	assert_string_equal(s.last, "test");
	assert_int_equal(redis_link_pending(s.link), 0);
	end_scene(&s);
}

static void a_refused_tcp_connection_is_reported_and_tried_again(void **state)
{
	struct scene s = { 0 };
	struct redis_options options = { .host = "127.0.0.1",
					 .port = 1 }; /* nobody listens there */

	open_link(&s, *state, options);
	TURN_UNTIL(s.f->loop, s.n_away >= 3);

	assert_int_equal(s.n_up, 0);
	assert_non_null(strstr(s.why, "refused"));
	end_scene(&s);
}

static void a_server_that_accepts_and_is_silent_is_given_up(void **state)
{
	struct scene s = { 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	open_link(&s, *state, (struct redis_options){ .connect_ms = 50 });
	strcpy(address.sun_path, s.socket);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 100), 0);
	TURN_UNTIL(s.f->loop, s.n_away >= 1 && strcmp(s.why, "no answer in time") == 0);

	end_scene(&s);
	close(fd);
}

static void a_lost_connection_tells_all_commands_and_comes_back(void **state)
{
	struct scene s = { 0 };

	open_link(&s, *state, (struct redis_options){ 0 });
	start_server(&s);
	TURN_UNTIL(s.f->loop, s.n_up == 1);
	proc_signal(s.server, SIGSTOP); /* so that nothing is answered before the kill */
	s.n_away = 0;
	for (int i = 0; i < 100; i++)
		assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 60000)), CVN_OK);
	kill_server(&s);
	TURN_UNTIL(s.f->loop, s.n_away >= 1);

	assert_int_equal(s.n_lost, 100);
	assert_int_equal(s.n_ok, 0);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 1000)), CVN_EUNAVAILABLE);
	start_server(&s);
	redis_link_hurry(s.link);
	TURN_UNTIL(s.f->loop, s.n_up == 2);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_OK);
	TURN_UNTIL(s.f->loop, s.n_ok == 1);
	end_scene(&s);
}

static void a_command_without_an_answer_in_time_closes_the_connection(void **state)
{
	struct scene s = { 0 };

	open_link(&s, *state, (struct redis_options){ 0 });
	start_server(&s);
	TURN_UNTIL(s.f->loop, s.n_up == 1);
	proc_signal(s.server, SIGSTOP);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 60000)), CVN_OK);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 50)), CVN_OK);
	TURN_UNTIL(s.f->loop, s.n_late + s.n_lost == 2);

	assert_int_equal(s.n_late, 1);
	assert_int_equal(s.n_lost, 1);
	assert_false(redis_link_is_up(s.link));
	proc_signal(s.server, SIGCONT);
	TURN_UNTIL(s.f->loop, s.n_up == 2);
	end_scene(&s);
}

static void it_refuses_more_than_its_limit_and_what_is_too_late(void **state)
{
	struct scene s = { 0 };

	open_link(&s, *state, (struct redis_options){ .pending_max = 2 });
	start_server(&s);
	TURN_UNTIL(s.f->loop, s.n_up == 1);

	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_OK);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 0)), CVN_EDEADLINE);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_OK);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_EBUSY);
	TURN_UNTIL(s.f->loop, s.n_ok == 2);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_OK);
	TURN_UNTIL(s.f->loop, s.n_ok == 3);
	end_scene(&s);
}

static void closing_tells_all_commands_also_from_inside_an_answer(void **state)
{
	struct scene s = { .closes_on_reply = true };

	open_link(&s, *state, (struct redis_options){ 0 });
	start_server(&s);
	TURN_UNTIL(s.f->loop, s.n_up == 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_OK);
	TURN_UNTIL(s.f->loop, s.link == NULL);

	assert_int_equal(s.n_ok, 1);
	assert_int_equal(s.n_canceled, 9);
	turn_for(s.f->loop, 50);
	assert_int_equal(s.n_ok + s.n_canceled + s.n_lost, 10);
	end_scene(&s);
}

static void a_wrong_password_keeps_it_away(void **state)
{
	struct scene s = { 0 };

	open_link(&s, *state, (struct redis_options){ .user = "nobody", .password = "wrong" });
	start_server(&s);
	TURN_UNTIL(s.f->loop, strncmp(s.why, "WRONGPASS", 9) == 0);

	assert_int_equal(s.n_up, 0);
	end_scene(&s);
}

static void a_large_command_is_written_in_parts(void **state)
{
	struct scene s = { 0 };
	size_t n = 4 * 1024 * 1024;
	char *big = malloc(n + 1);
	const char *argv[] = { "ECHO", big };

	assert_non_null(big);
	memset(big, 'x', n);
	big[n] = '\0';
	open_link(&s, *state, (struct redis_options){ 0 });
	start_server(&s);
	TURN_UNTIL(s.f->loop, s.n_up == 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(redis_command(s.link, 2, argv, (const size_t[]){ 4, n }, on_reply,
					       &s, in_ms(&s, 10000)),
				 CVN_OK);
	TURN_UNTIL(s.f->loop, s.n_ok == 4);
	assert_int_equal(command(&s, "PING", NULL, in_ms(&s, 5000)), CVN_OK);
	TURN_UNTIL(s.f->loop, s.n_ok == 5);
	assert_string_equal(s.last, "PONG");
	free(big);
	end_scene(&s);
}

static void a_host_name_is_refused_since_looking_it_up_blocks(void **state)
{
	struct fixture *f = *state;
	struct redis_options options = { .host = "localhost", .port = 6379 };
	struct redis_link *link;

	assert_int_equal(redis_link_open(f->loop, &options, &link), CVN_EINVALID);
	options.host = NULL;
	assert_int_equal(redis_link_open(f->loop, &options, &link), CVN_EINVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(a_command_is_answered_on_a_later_turn),
		IO_TEST(a_refused_tcp_connection_is_reported_and_tried_again),
		IO_TEST(a_server_that_accepts_and_is_silent_is_given_up),
		IO_TEST(a_lost_connection_tells_all_commands_and_comes_back),
		IO_TEST(a_command_without_an_answer_in_time_closes_the_connection),
		IO_TEST(it_refuses_more_than_its_limit_and_what_is_too_late),
		IO_TEST(closing_tells_all_commands_also_from_inside_an_answer),
		IO_TEST(a_wrong_password_keeps_it_away),
		IO_TEST(a_large_command_is_written_in_parts),
		IO_TEST(a_host_name_is_refused_since_looking_it_up_blocks),
	};

	return cmocka_run_group_tests_name("redis", tests, NULL, NULL);
}
