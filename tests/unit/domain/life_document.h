/* life_document.h - the table of moves as a document. */
#pragma once
#include "util/buf.h"

/* Writes docs/LIFE.md to the end of `out`. */
enum cvn_err CVN_MUST_CHECK life_document(struct buf *out);
