/* copy.h - copies of messages, each in one block of memory.
 *
 * Layer     domain; private to this folder.
 * Thread    any; pure.
 * Limit     –; the message was bounded when it was decoded.
 * Not here  encoding (wire/frame.h). */
#pragma once
#include <protobuf-c/protobuf-c.h>

/* A deep copy that is given back with one free(); unknown fields are left out. NULL: out of memory. One allocation,
 * no more bytes than the message needs: a replica holds 100,000 of them. */
void *copy_message(const ProtobufCMessage *message);
