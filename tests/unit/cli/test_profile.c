#include "cli/profile.h"
#include "io/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder of its own, in which nothing of the user's shows. */
struct home {
	char folder[64];
	struct args args;
	struct profile profile;
	struct key_pair server;
};

static int set_up(void **state)
{
	struct home *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	snprintf(h->folder, sizeof(h->folder), "/tmp/convene-profile-XXXXXX");
	assert_non_null(mkdtemp(h->folder));
	assert_int_equal(keys_generate(&h->server), CVN_OK);
	setenv("XDG_CONFIG_HOME", h->folder, 1);
	unsetenv("CONVENE_PROFILE");
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct home *h = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", h->folder);
	assert_int_equal(system(command), 0);
	free(h);
	return 0;
}

static char *path_of(const struct home *h, const char *name, char ret[160])
{
	snprintf(ret, 160, "%s/%s", h->folder, name);
	return ret;
}

static void write_file(const struct home *h, const char *name, const char *text)
{
	char path[160];
	FILE *file = fopen(path_of(h, name, path), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_folder(const struct home *h, const char *name)
{
	char path[160];

	assert_int_equal(mkdir(path_of(h, name, path), 0700), 0);
}

static enum cvn_err load(struct home *h)
{
	return profile_load(&h->args, &h->profile);
}

static void without_a_file_the_built_in_values_stand(void **state)
{
	struct home *h = *state;

	assert_int_equal(load(h), CVN_OK);
	assert_string_equal(h->profile.endpoint, "tcp://127.0.0.1:7400");
	assert_string_equal(h->profile.path, "");
	assert_string_equal(h->profile.key, "");
}

static void paths_are_relative_to_the_real_file(void **state)
{
	struct home *h = *state;
	char target[160], link[160], key[160], text[160];

	make_folder(h, "state");
	make_folder(h, "convene");
	snprintf(text, sizeof(text), "%s\n", h->server.public_key);
	write_file(h, "state/convened.pub", text);
	write_file(h, "state/client.conf",
		   "[client]\nendpoint = tcp://[::1]:9\nkey = keys/me.key\n"
		   "server-key = convened.pub\nprogramme = p1\n");
	assert_int_equal(symlink(path_of(h, "state/client.conf", target),
				 path_of(h, "convene/client.conf", link)),
			 0);

	assert_int_equal(load(h), CVN_OK);
	assert_string_equal(h->profile.endpoint, "tcp://[::1]:9");
	assert_string_equal(h->profile.key, path_of(h, "state/keys/me.key", key));
	assert_string_equal(h->profile.server_key, h->server.public_key);
	assert_string_equal(h->profile.programme, "p1");
}

static void options_go_before_the_file_and_a_named_file_before_others(void **state)
{
	struct home *h = *state;
	char named[160], other[160];

	make_folder(h, "a");
	make_folder(h, "b");
	write_file(h, "a/client.conf", "[client]\nendpoint = tcp://a:1\nprogramme = a\n");
	write_file(h, "b/client.conf", "[client]\nendpoint = tcp://b:1\nprogramme = b\n");
	setenv("CONVENE_PROFILE", path_of(h, "a", other), 1);

	assert_int_equal(load(h), CVN_OK);
	assert_string_equal(h->profile.endpoint, "tcp://a:1");
	h->args.value[OPT_PROFILE] = path_of(h, "b/client.conf", named);
	h->args.value[OPT_PROGRAMME] = "mine";
	assert_int_equal(load(h), CVN_OK);
	assert_string_equal(h->profile.endpoint, "tcp://b:1");
	assert_string_equal(h->profile.programme, "mine");
}

static void what_is_wrong_is_said(void **state)
{
	struct home *h = *state;
	char path[160];

	h->args.value[OPT_PROFILE] = path_of(h, "none", path);
	assert_int_equal(load(h), CVN_EINVALID);
	assert_non_null(strstr(h->profile.fault, "none"));
	make_folder(h, "none");
	write_file(h, "none/client.conf", "[client]\n\nendpiont = x\n");
	assert_int_equal(load(h), CVN_EINVALID);
	assert_non_null(strstr(h->profile.fault, "line 3"));
	write_file(h, "none/client.conf", "[client]\nserver-key = nowhere.pub\n");
	assert_int_equal(load(h), CVN_EINVALID);
	assert_non_null(strstr(h->profile.fault, "nowhere.pub"));
	write_file(h, "none/nowhere.pub", "too short\n");
	assert_int_equal(load(h), CVN_EINVALID);
}

static void an_endpoint_that_is_none_is_refused_with_what_one_is(void **state)
{
	static const char *const WRONG[] = { "foo",	   "tcp://", "tcp://host", "tcp://:7400",
					     "tcp://h:x",  "tcp://h:0", "tcp://h:65536", "ipc://",
					     "http://h:1", "h:7400" };
	struct home *h = *state;

	for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
		h->args.value[OPT_ENDPOINT] = WRONG[i];
		assert_int_equal(load(h), CVN_EINVALID);
		assert_non_null(strstr(h->profile.fault, "tcp://HOST:PORT"));
	}
	h->args.value[OPT_ENDPOINT] = "tcp://[::1]:7400";
	assert_int_equal(load(h), CVN_OK);
	h->args.value[OPT_ENDPOINT] = "ipc:///run/convene/calls";
	h->args.value[OPT_UPDATES] = "elsewhere";
	assert_int_equal(load(h), CVN_EINVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_file_the_built_in_values_stand, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(paths_are_relative_to_the_real_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			options_go_before_the_file_and_a_named_file_before_others, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(an_endpoint_that_is_none_is_refused_with_what_one_is,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_said, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
