/* The settings: defaults, then the file, then options; whatever is wrong is said, and ends with a code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#define ARGS_MAX 16

struct rig {
	struct config config;
	int code;
	char *out, *err; /* what was said */
	size_t n_out, n_err;
	char file[64];
};

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	int fd;

	snprintf(r->file, sizeof r->file, "/tmp/cvn-config-XXXXXX");
	fd = mkstemp(r->file);
	assert_true(fd >= 0);
	close(fd);
	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = r;
	return 0;
}

static void forget(struct rig *r)
{
	if (r->code == -1)
		config_done(&r->config);
	free(r->out);
	free(r->err);
	r->out = r->err = NULL;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	forget(r);
	unlink(r->file);
	free(r);
	return 0;
}

/* convened ARGS, the file holding `content` (NULL: no --config). */
static int load(struct rig *r, const char *content, ...)
{
	char *argv[ARGS_MAX + 4] = { (char *)"convened" };
	int argc = 1;
	va_list list;
	FILE *out, *err, *file;
	const char *arg;

	forget(r);
	va_start(list, content);
	while ((arg = va_arg(list, const char *)) != NULL && argc < ARGS_MAX)
		argv[argc++] = (char *)(uintptr_t)arg;
	va_end(list);
	if (content != NULL) {
		file = fopen(r->file, "w");
		fputs(content, file);
		fclose(file);
		argv[argc++] = (char *)"--config";
		argv[argc++] = r->file;
	}
	out = open_memstream(&r->out, &r->n_out);
	err = open_memstream(&r->err, &r->n_err);
	r->code = config_load(argc, argv, out, err, &r->config);
	fclose(out);
	fclose(err);
	return r->code;
}

static void defaults_hold_where_nothing_is_said(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, "", NULL), -1);

	assert_string_equal(r->config.bind, "tcp://127.0.0.1:7400");
	assert_string_equal(r->config.updates, "tcp://127.0.0.1:7401");
	assert_string_equal(r->config.state, "/var/lib/convene");
	assert_string_equal(r->config.run, "/var/lib/convene/run");
	assert_string_equal(r->config.key_file, "/var/lib/convene/convened.key");
	assert_int_equal(r->config.durability_kind, STORE_ALWAYS);
	assert_true(r->config.redis_is_private);
	assert_int_equal(r->config.validators, 2);
	assert_string_equal(r->err, "");
}

static void options_override_the_file_and_the_file_the_defaults(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, "validators = 5\nbatch_max = 7\n", "--batch-max", "9", NULL), -1);

	assert_int_equal(r->config.validators, 5);
	assert_int_equal(r->config.batch_max, 9);
	assert_int_equal(r->config.schedulers, 1);
}

static void folders_come_from_systemd_where_it_gives_them(void **state)
{
	struct rig *r = *state;

	setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
	setenv("RUNTIME_DIRECTORY", "/run/a", 1);
	assert_int_equal(load(r, "", NULL), -1);
	assert_string_equal(r->config.state, "/var/lib/a");
	assert_string_equal(r->config.run, "/run/a");

	assert_int_equal(load(r, "", "--state", "/srv/x", "--run", "/srv/r", NULL), -1);
	assert_string_equal(r->config.state, "/srv/x");
	assert_string_equal(r->config.run, "/srv/r");
}

static void each_place_of_redis_is_understood(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, "redis = unix:/run/redis.sock\n", NULL), -1);
	assert_string_equal(r->config.redis_unix, "/run/redis.sock");
	assert_false(r->config.redis_is_private);
	assert_int_equal(load(r, "redis = tcp://10.0.0.1:6380\ndurability = replicated 2\n", NULL), -1);
	assert_string_equal(r->config.redis_host, "10.0.0.1");
	assert_int_equal(r->config.redis_port, 6380);
	assert_int_equal(r->config.durability_kind, STORE_REPLICATED);
	assert_int_equal(r->config.durability_replicas, 2);
	assert_int_equal(load(r, "redis = tcp://[::1]:6380\n", NULL), -1);
	assert_string_equal(r->config.redis_host, "::1");
	assert_int_equal(load(r, "redis = tcp://localhost:6380\n", NULL), CONFIG_EXIT_CONFIG);
	assert_non_null(strstr(r->err, "an address, not a name"));
}

static void what_is_wrong_in_the_file_is_named_all_of_it(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, "validators = many\nnonsense = 1\n[other]\nbind = tcp://x\n", NULL),
			 CONFIG_EXIT_CONFIG);

	assert_non_null(strstr(r->err, "validators is not a whole number"));
	assert_non_null(strstr(r->err, "nonsense is no setting"));
	assert_non_null(strstr(r->err, "bind stands in a section"));
}

static void values_that_make_no_sense_are_refused(void **state)
{
	static const char *const FILES[] = {
		"validators = 33\n", "durability = sometimes\n", "durability = replicated 0\n",
		"durability = replicated 2\n" /* private */, "redis = elsewhere\n", "redis = tcp://host\n",
		"bind = 127.0.0.1:1\n", "local = tcp://x\n", "today = 2022-02-30\n", "log_level = loud\n",
	};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
		assert_int_equal(load(r, FILES[i], NULL), CONFIG_EXIT_CONFIG);
		assert_string_not_equal(r->err, "");
	}
}

static void a_folder_too_deep_for_a_socket_is_refused(void **state)
{
	struct rig *r = *state;
	char deep[128];

	memset(deep, 'x', sizeof deep);
	deep[0] = '/';
	deep[110] = '\0';
	assert_int_equal(load(r, "", "--state", deep, NULL), CONFIG_EXIT_CONFIG);

	assert_non_null(strstr(r->err, "107 bytes"));
}

static void options_that_are_not_understood_are_wrong_usage(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, "", "--nonsense", NULL), CONFIG_EXIT_USAGE);
	assert_int_equal(load(r, "", "leftover", NULL), CONFIG_EXIT_USAGE);
	assert_int_equal(load(r, "", "--validators", "x", NULL), CONFIG_EXIT_USAGE);
	assert_int_equal(load(r, "", "--init-operator", "short", NULL), CONFIG_EXIT_USAGE);
}

static void a_file_that_is_asked_for_must_be_there(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, NULL, "--config", "/nonexistent/x.conf", NULL), CONFIG_EXIT_CONFIG);
}

static void the_sample_can_be_read_as_a_file(void **state)
{
	struct rig *r = *state;
	char sample[8192];
	size_t n = 0;

	assert_int_equal(load(r, NULL, "--print-config", NULL), 0);
	assert_non_null(strstr(r->out, "#in_flight_max = 4096"));
	for (const char *at = r->out; *at != '\0' && n + 1 < sizeof sample; at++)
		if (*at != '#' || at[1] == ' ') /* every key in force */
			sample[n++] = *at;
	sample[n] = '\0';
	assert_int_equal(load(r, sample, "--today", "2022-01-01", NULL), -1);
}

static void help_names_every_setting(void **state)
{
	static const char *const NAMES[] = {
#define TEXT(name, standard, longest, reload, value, about) #name,
#define NUMBER(name, standard, least, most, reload, value, about) #name,
#include "config.def"
	};
	struct rig *r = *state;

	assert_int_equal(load(r, NULL, "--help", NULL), 0);
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		char option[80] = "--";

		strcat(option, NAMES[i]);
		for (char *at = option; *at != '\0'; at++)
			*at = *at == '_' ? '-' : *at;
		assert_non_null(strstr(r->out, option));
	}
}

static void a_check_says_that_all_is_well(void **state)
{
	struct rig *r = *state;

	assert_int_equal(load(r, "validators = 1\n", "--check-config", NULL), 0);
	assert_int_equal(load(r, "validators = x\n", "--check-config", NULL), CONFIG_EXIT_CONFIG);
}

static void a_reload_takes_what_may_change_and_counts_the_rest(void **state)
{
	struct rig *r = *state;
	struct config now;

	assert_int_equal(load(r, "in_flight_max = 10\nvalidators = 1\n", NULL), -1);
	now = r->config;
	r->code = 0; /* it is ours now */
	assert_int_equal(load(r, "in_flight_max = 20\nlog_level = debug\nvalidators = 3\n", NULL), -1);

	assert_int_equal(config_reload(&now, &r->config), 1);
	assert_int_equal(now.in_flight_max, 20);
	assert_string_equal(now.log_level, "debug");
	assert_int_equal(now.validators, 1);
	config_done(&now);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_hold_where_nothing_is_said),
		TEST(options_override_the_file_and_the_file_the_defaults),
		TEST(folders_come_from_systemd_where_it_gives_them),
		TEST(each_place_of_redis_is_understood),
		TEST(what_is_wrong_in_the_file_is_named_all_of_it),
		TEST(values_that_make_no_sense_are_refused),
		TEST(a_folder_too_deep_for_a_socket_is_refused),
		TEST(options_that_are_not_understood_are_wrong_usage),
		TEST(a_file_that_is_asked_for_must_be_there),
		TEST(the_sample_can_be_read_as_a_file),
		TEST(help_names_every_setting),
		TEST(a_check_says_that_all_is_well),
		TEST(a_reload_takes_what_may_change_and_counts_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
