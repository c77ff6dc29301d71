/* stand.h - a programme file as a replica: its requests stand there as if they had been received.
 *
 * Layer     workers/validator: may include lib/.
 * Thread    any; pure.
 * Limit     those of the replica.
 * Not here  reading files (wire/programme_file.h). */
#pragma once
#include "domain/replica.h"
#include "wire/programme_file.h"

/* Puts copies of all records of `file` into `replica`. Of several with one id, the last entity stands, but the first
 * request; what has no id is left out. CVN_ETOOLARGE, CVN_ENOMEM. */
enum cvn_err CVN_MUST_CHECK stand_file(struct replica *replica, const struct programme_file *file);
