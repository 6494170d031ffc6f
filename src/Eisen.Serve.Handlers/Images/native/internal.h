/* What the two formats share. */
#ifndef EISEN_IMAGE_INTERNAL_H
#define EISEN_IMAGE_INTERNAL_H

#include "eisen_image.h"

/* One call's input and output; the format's code fills width, height and source_channels. */
typedef struct image_call {
    const uint8_t *bytes;
    size_t length;
    uint32_t width;
    uint32_t height;
    int source_channels;
    int header_only;
    int channels;
    uint8_t *pixels;
    size_t pixels_length;
    char *message;
    size_t message_length;
} image_call;

int decode_jpeg(image_call *call);
int decode_png(image_call *call);

/* Puts the text into the caller's buffer, cut where that ends. Returns 1, so that callers can return it. */
int image_fail(image_call *call, const char *text);

/* Whether the caller's buffer is exactly as long as width, height and channels say. */
int image_buffer_fits(const image_call *call);

/* Pillow's mode "L" of a colour: ITU-R 601-2 luma in 16-bit fixed point (libImaging/Convert.c, L24). */
static inline uint8_t image_luma(const uint8_t *rgb)
{
    return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

/* One row of RGB to grey; both may start at the same place. */
static inline void image_luma_row(const uint8_t *rgb, uint8_t *grey, size_t width)
{
    for (size_t x = 0; x < width; x++)
        grey[x] = image_luma(rgb + x * 3);
}

#endif
