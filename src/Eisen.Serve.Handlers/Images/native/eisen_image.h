/* JPEG and PNG bytes to pixels, the same pixels as Pillow's Image.open(bytes).convert("RGB"), and pixels to PNG bytes.
 *
 * Functions that can fail return 0, or 1 with a message. They keep nothing between calls, may be called from any thread, write
 * nothing to stdout or stderr, and never leave by exit, abort or longjmp, whatever the bytes are. */
#ifndef EISEN_IMAGE_H
#define EISEN_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define EISEN_IMAGE_API __attribute__((visibility("default")))
#else
#define EISEN_IMAGE_API
#endif

/* What the first bytes of a picture say. */
typedef struct eisen_image_header {
    int32_t width;
    int32_t height;
    int32_t channels; /* 1 when it is grey, else 3; transparency is not counted */
} eisen_image_header;

/* Reads the header, and decodes nothing. message takes at most message_length bytes, with its closing zero. */
EISEN_IMAGE_API int eisen_image_read_header(const uint8_t *bytes, size_t length, eisen_image_header *header,
                                            char *message, size_t message_length);

/* Decodes into pixels: rows from top to bottom, channels interleaved, no padding. channels is 3 (RGB) or 1 (grey), and
 * pixels_length must be exactly width * height * channels. After a failure the contents of pixels are unspecified. */
EISEN_IMAGE_API int eisen_image_decode(const uint8_t *bytes, size_t length, int32_t channels, uint8_t *pixels,
                                       size_t pixels_length, char *message, size_t message_length);

/* The most bytes that a PNG of such a picture takes; all three are at least 1, and width * height at most 2^28. */
EISEN_IMAGE_API size_t eisen_image_png_bound(int32_t width, int32_t height, int32_t channels);

/* Encodes pixels, laid out as eisen_image_decode leaves them, as a PNG. length is the room at bytes before, and what was
 * written after. */
EISEN_IMAGE_API int eisen_image_encode_png(const uint8_t *pixels, int32_t width, int32_t height, int32_t channels,
                                           uint8_t *bytes, size_t *length, char *message, size_t message_length);

#endif
