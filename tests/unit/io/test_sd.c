#include "io_test.h"

#include "io/sd.h"

#include <sys/socket.h>
#include <sys/un.h>

/* Plays systemd: listens at a datagram socket in the fixture's folder. */
static int listen_at(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", f->folder);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return fd;
}

static void expect(int fd, const char *text)
{
	char heard[2 * SD_MESSAGE_MAX];
	ssize_t n = recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);

	assert_true(n >= 0);
	heard[n] = '\0';
	assert_string_equal(heard, text);
}

static void it_tells_systemd_what_it_is_told(void **state)
{
	struct sd sd;
	int fd = listen_at(*state);

	assert_int_equal(sd_init(&sd), CVN_OK);
	assert_null(getenv("NOTIFY_SOCKET"));
	sd_more_time(&sd, 1500);
	expect(fd, "EXTEND_TIMEOUT_USEC=1500000\n");
	sd_ready(&sd, "2 programmes");
	expect(fd, "READY=1\nSTATUS=2 programmes\n");
	sd_alive(&sd);
	expect(fd, "WATCHDOG=1\n");
	sd_stopping(&sd, "draining");
	expect(fd, "STOPPING=1\nSTATUS=draining\n");
	sd_done(&sd);
	close(fd);
}

static void without_systemd_it_is_silent(void **state)
{
	struct sd sd;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(sd_init(&sd), CVN_OK);
	assert_int_equal(sd_watchdog_ms(&sd), 0);
	sd_ready(&sd, "nobody listens");
	sd_done(&sd);
}

static void a_status_that_is_too_long_is_cut(void **state)
{
	struct sd sd;
	char status[2 * SD_MESSAGE_MAX], heard[2 * SD_MESSAGE_MAX];
	int fd = listen_at(*state);

	memset(status, 's', sizeof(status) - 1);
	status[sizeof(status) - 1] = '\0';
	assert_int_equal(sd_init(&sd), CVN_OK);
	sd_status(&sd, status);
	assert_int_equal(recv(fd, heard, sizeof(heard), MSG_DONTWAIT), SD_MESSAGE_MAX - 1);
	sd_done(&sd);
	close(fd);
}

static void the_watchdog_is_ours_alone(void **state)
{
	struct sd sd;
	char pid[32];

	(void)state;
	setenv("WATCHDOG_USEC", "20000000", 1);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(sd_init(&sd), CVN_OK);
	assert_int_equal(sd_watchdog_ms(&sd), 20000);
	sd_done(&sd);
	setenv("WATCHDOG_USEC", "20000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(sd_init(&sd), CVN_OK);
	assert_int_equal(sd_watchdog_ms(&sd), 0);
	sd_done(&sd);
}

static void a_wrong_environment_is_refused(void **state)
{
	struct sd sd;

	(void)state;
	setenv("WATCHDOG_USEC", "often", 1);
	assert_int_equal(sd_init(&sd), CVN_EINVALID);
	sd_done(&sd);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(sd_init(&sd), CVN_EINVALID);
	sd_done(&sd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IO_TEST(it_tells_systemd_what_it_is_told), IO_TEST(without_systemd_it_is_silent),
		IO_TEST(a_status_that_is_too_long_is_cut), IO_TEST(the_watchdog_is_ours_alone),
		IO_TEST(a_wrong_environment_is_refused),
	};

	return cmocka_run_group_tests_name("sd", tests, NULL, NULL);
}
