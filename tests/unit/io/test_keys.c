#include "io_test.h"

#include "io/keys.h"

#include <sys/stat.h>

static void path_of(struct fixture *f, char path[128])
{
	snprintf(path, 128, "%s/k", f->folder);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
}

static void a_pair_survives_its_file(void **state)
{
	struct key_pair pair, read;
	struct stat st;
	char path[128];

	path_of(*state, path);
	assert_int_equal(keys_generate(&pair), CVN_OK);
	assert_int_equal(keys_save(path, &pair), CVN_OK);
	assert_int_equal(keys_load(path, &read), CVN_OK);
	assert_string_equal(read.public_key, pair.public_key);
	assert_string_equal(read.secret_key, pair.secret_key);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	keys_wipe(&read);
	assert_string_equal(read.secret_key, "");
}

static void a_file_that_is_there_is_never_replaced(void **state)
{
	struct key_pair pair, read;
	char path[128];

	path_of(*state, path);
	write_file(path, "precious");
	assert_int_equal(keys_generate(&pair), CVN_OK);
	assert_int_equal(keys_save(path, &pair), CVN_ECONFLICT);
	assert_int_equal(keys_load(path, &read), CVN_EMALFORMED);
}

static void the_public_half_may_be_missing_but_not_another(void **state)
{
	struct key_pair pair, other, read;
	char path[128], text[256];

	path_of(*state, path);
	assert_int_equal(keys_generate(&pair), CVN_OK);
	assert_int_equal(keys_generate(&other), CVN_OK);
	snprintf(text, sizeof(text), "secret-key %s", pair.secret_key);
	write_file(path, text);
	assert_int_equal(keys_load(path, &read), CVN_OK);
	assert_string_equal(read.public_key, pair.public_key);
	snprintf(text, sizeof(text), "public-key %s\nsecret-key %s\n", other.public_key,
		 pair.secret_key);
	write_file(path, text);
	assert_int_equal(keys_load(path, &read), CVN_EINVALID);
}

static void bad_files_are_refused(void **state)
{
	struct key_pair pair, read;
	char path[128], text[512];

	path_of(*state, path);
	assert_int_equal(keys_load(path, &read), CVN_ENOTFOUND);
	assert_int_equal(keys_generate(&pair), CVN_OK);
	snprintf(text, sizeof(text), "secret-key %s\nsecret-key %s\n", pair.secret_key,
		 pair.secret_key);
	write_file(path, text);
	assert_int_equal(keys_load(path, &read), CVN_EMALFORMED);
	snprintf(text, sizeof(text), "public-key %s\n", pair.public_key);
	write_file(path, text);
	assert_int_equal(keys_load(path, &read), CVN_EMALFORMED);
	write_file(path, "");
	assert_int_equal(keys_load(path, &read), CVN_EMALFORMED);
	write_file(path, "secret-key JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\n");
	assert_int_equal(keys_load(path, &read), CVN_EINVALID);
	assert_int_equal(keys_load(((struct fixture *)*state)->folder, &read), CVN_EMALFORMED);
}

static void a_file_that_others_can_read_is_refused_unless_systemd_put_it_there(void **state)
{
	struct fixture *f = *state;
	struct key_pair pair, read;
	char path[128];

	path_of(f, path);
	assert_int_equal(keys_generate(&pair), CVN_OK);
	assert_int_equal(keys_save(path, &pair), CVN_OK);
	chmod(path, 0640);
	assert_int_equal(keys_load(path, &read), CVN_EFORBIDDEN);
	setenv("CREDENTIALS_DIRECTORY", f->folder, 1);
	assert_int_equal(keys_load(path, &read), CVN_OK);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void what_is_no_key_is_not_taken_for_one(void **state)
{
	struct key_pair pair;
	char public_key[KEYS_TEXT];

	(void)state;
	assert_int_equal(keys_generate(&pair), CVN_OK);
	assert_true(keys_is_key(pair.public_key));
	assert_false(keys_is_key(NULL));
	assert_false(keys_is_key(""));
	assert_false(keys_is_key("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh"));
	assert_false(keys_is_key("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh66"));
	assert_false(keys_is_key("JTKVSB%% wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"));
	assert_int_equal(keys_public_of(pair.secret_key, public_key), CVN_OK);
	assert_string_equal(public_key, pair.public_key);
	assert_int_equal(keys_public_of("no", public_key), CVN_EINVALID);
}

/* One pair in 85 would: of 1,000, none does by chance. */
static void no_public_key_looks_like_an_option(void **state)
{
	struct key_pair pair;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(keys_generate(&pair), CVN_OK);
		assert_int_not_equal(pair.public_key[0], '-');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(a_pair_survives_its_file),
		IO_TEST(a_file_that_is_there_is_never_replaced),
		IO_TEST(the_public_half_may_be_missing_but_not_another),
		IO_TEST(bad_files_are_refused),
		IO_TEST(a_file_that_others_can_read_is_refused_unless_systemd_put_it_there),
		IO_TEST(what_is_no_key_is_not_taken_for_one),
		IO_TEST(no_public_key_looks_like_an_option),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
