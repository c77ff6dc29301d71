#include "io_test.h"

#include "io/backlog.h"
#include "io/zsock.h"

#define COST(n) ((n) + BACKLOG_MESSAGE_BYTES)

static struct parcel *parcel(struct backlog *backlog, size_t n)
{
	static const uint8_t BYTES[1000];
	struct parcel *parcel = parcel_new(backlog, BYTES, n);

	assert_non_null(parcel);
	return parcel;
}

static void what_has_not_left_is_counted_for_its_own_and_for_the_whole(void **state)
{
	struct backlog *whole = backlog_new(NULL), *a = backlog_new(whole), *b = backlog_new(whole);
	struct parcel *first, *second, *third;

	(void)state;
	first = parcel(a, 1000);
	second = parcel(b, 7); /* counted as an even number */
	third = parcel(a, 0);
	assert_int_equal(backlog_bytes(a), COST(1000) + COST(0));
	assert_int_equal(backlog_bytes(b), COST(8));
	assert_int_equal(backlog_bytes(whole), backlog_bytes(a) + backlog_bytes(b));
	parcel_left(parcel_bytes(first), first);
	assert_int_equal(backlog_bytes(a), COST(0));
	parcel_left(parcel_bytes(second), second);
	parcel_left(parcel_bytes(third), third);

	assert_int_equal(backlog_bytes(a) + backlog_bytes(b) + backlog_bytes(whole), 0);
	backlog_free(a);
	backlog_free(b);
	backlog_free(whole);
}

/* The sanitizers see to it that nothing is used after it was freed, or never is. */
static void it_lives_until_the_last_message_has_left(void **state)
{
	struct backlog *whole = backlog_new(NULL), *own = backlog_new(whole);
	struct parcel *first = parcel(own, 10), *second = parcel(own, 20);

	(void)state;
	backlog_free(own);
	parcel_left(parcel_bytes(first), first);
	assert_int_equal(backlog_bytes(whole), COST(20));
	backlog_free(whole);
	parcel_left(parcel_bytes(second), second);
	backlog_free(NULL);
}

static void on_message(void *arg, struct zsock *sock, const struct zmessage *message)
{
	int *n = arg;

	(void)sock;
	*n += message->n_frames == 1 && message->frames[0].n == 5000;
}

/* Nothing can leave before the peer is there: so it is counted exactly, however fast libzmq is. */
static void what_a_peer_has_not_taken_waits_and_what_it_reads_does_not(void **state)
{
	static const uint8_t BYTES[5000];
	const struct zframe frame = { BYTES, sizeof(BYTES) };
	struct fixture *f = *state;
	struct backlog *backlog = backlog_new(NULL);
	struct zsock *reader, *sender;
	char endpoint[128];
	int n_read = 0, n_sent = 0;
	enum cvn_err err;

	snprintf(endpoint, sizeof(endpoint), "ipc://%s/d", f->folder);
	struct zsock_options options = { .hwm = 10, .on_message = on_message, .arg = &n_read };
	assert_int_equal(zsock_open(f->loop, ZSOCK_DEALER, &options, &sender), CVN_OK);
	assert_int_equal(zsock_connect(sender, endpoint), CVN_OK);
	while ((err = zsock_send_counted(sender, &frame, 1, backlog)) == CVN_OK)
		n_sent++;
	assert_int_equal(err, CVN_EBUSY);
	assert_int_equal(backlog_bytes(backlog),
			 (size_t)n_sent * COST(5000)); /* not the refused one */
	assert_int_equal(zsock_open(f->loop, ZSOCK_DEALER, &options, &reader), CVN_OK);
	assert_int_equal(zsock_bind(reader, endpoint), CVN_OK);
	TURN_UNTIL(f->loop, n_read == n_sent && backlog_bytes(backlog) == 0);

	zsock_pause(reader, true);
	assert_int_equal(zsock_send_counted(sender, &frame, 1, backlog), CVN_OK);
	zsock_close(sender);
	zsock_close(reader);
	backlog_free(backlog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_not_left_is_counted_for_its_own_and_for_the_whole),
		cmocka_unit_test(it_lives_until_the_last_message_has_left),
		IO_TEST(what_a_peer_has_not_taken_waits_and_what_it_reads_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
