/* topkd/options.h - what the parts below are told of the settings: only here both are known. */
#ifndef TOPKD_CMD_TOPKD_OPTIONS_H
#define TOPKD_CMD_TOPKD_OPTIONS_H

#include "config/config.h"
#include "source/kafka_options.h"

/* Borrows what C points to. */
struct kafka_options options_kafka(const struct config *c);

#endif
