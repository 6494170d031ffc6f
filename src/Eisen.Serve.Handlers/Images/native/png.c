#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

/* libpng's own defaults, written down because a distribution may build it without them. A row of the widest picture
 * is thus 8 MB. */
#define MAX_SIDE 1000000
#define MAX_CHUNKS 1000
#define MAX_CHUNK_BYTES 8000000

typedef struct png_call {
    png_structp png;
    png_infop info;
    jmp_buf failed;
    image_call *call;
    size_t position;
    uint8_t *scratch;
    uint8_t palette[256][3];
    char text[256];
} png_call;

static void fail(png_structp png, png_const_charp text)
{
    png_call *state = png_get_error_ptr(png);
    snprintf(state->text, sizeof state->text, "%s", text);
    longjmp(state->failed, 1);
}

static void stay_silent(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep target, size_t count)
{
    png_call *state = png_get_io_ptr(png);
    if (count > state->call->length - state->position)
        png_error(png, "image file is truncated");
    memcpy(target, state->call->bytes + state->position, count);
    state->position += count;
}

static void read_header(png_call *state)
{
    png_set_user_limits(state->png, MAX_SIDE, MAX_SIDE);
    png_set_chunk_cache_max(state->png, MAX_CHUNKS);
    png_set_chunk_malloc_max(state->png, MAX_CHUNK_BYTES);
    png_set_crc_action(state->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    /* Transparency is dropped, and gamma, profiles and texts don't change Pillow's pixels either: libpng need not even
     * parse them. The first call covers all ancillary chunks that it knows but tRNS. */
    png_set_keep_unknown_chunks(state->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(state->png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep)"tRNS", 1);
    png_set_read_fn(state->png, state, read_bytes);
    png_read_info(state->png, state->info);
    state->call->width = png_get_image_width(state->png, state->info);
    state->call->height = png_get_image_height(state->png, state->info);
    state->call->source_channels = png_get_color_type(state->png, state->info) & PNG_COLOR_MASK_COLOR ? 3 : 1;
}

/* The palette as Pillow has it: what the file leaves out is a ramp of greys (libImaging/Palette.c). */
static void read_palette(png_call *state)
{
    png_colorp colours = NULL;
    int count = 0;
    png_get_PLTE(state->png, state->info, &colours, &count);
    for (int i = 0; i < 256; i++) {
        state->palette[i][0] = i < count ? colours[i].red : (uint8_t)i;
        state->palette[i][1] = i < count ? colours[i].green : (uint8_t)i;
        state->palette[i][2] = i < count ? colours[i].blue : (uint8_t)i;
    }
}

/* One byte a pixel, at the end of the buffer, to three, from its start. It never writes what it has still to read:
 * pixel i is read at 2n + i and written at 3i to 3i + 2, and i < n. */
static void spread(const image_call *call, const uint8_t (*palette)[3])
{
    size_t count = (size_t)call->width * call->height;
    const uint8_t *source = call->pixels + 2 * count;
    for (size_t i = 0; i < count; i++) {
        uint8_t value = source[i];
        for (int c = 0; c < 3; c++)
            call->pixels[3 * i + c] = palette == NULL ? value : palette[value][c];
    }
}

static void read_rows(png_call *state)
{
    image_call *call = state->call;
    png_structp png = state->png;
    int type = png_get_color_type(png, state->info);
    int indexed = type == PNG_COLOR_TYPE_PALETTE;
    int source_channels = indexed || !(type & PNG_COLOR_MASK_COLOR) ? 1 : 3;
    size_t width = call->width;

    /* The high byte of 16 bits is what Pillow takes for colour. It clips 16-bit grey at 255 instead, which turns most
     * such pictures white; here grey is treated like colour. */
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    if (indexed) {
        read_palette(state);
        png_set_packing(png);
    } else if (source_channels == 1) {
        png_set_expand_gray_1_2_4_to_8(png);
    }

    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, state->info);
    if (png_get_rowbytes(png, state->info) != width * (size_t)source_channels)
        png_error(png, "unexpected row size");

    /* An interlaced picture comes in seven passes over all rows, so it needs all of them at once. */
    int to_grey = source_channels == 3 && call->channels == 1;
    uint8_t *target = call->pixels;
    size_t step = width * (size_t)source_channels;
    if (to_grey) {
        size_t rows = passes > 1 ? call->height : 1;
        state->scratch = calloc(rows, step);
        if (state->scratch == NULL)
            png_error(png, "out of memory");
        target = state->scratch;
        step = passes > 1 ? step : 0;
    } else if (source_channels == 1 && call->channels == 3) {
        target += 2 * width * call->height;
    }

    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < call->height; y++) {
            png_read_row(png, target + y * step, NULL);
            if (to_grey && pass == passes - 1)
                image_luma_row(target + y * step, call->pixels + y * width, width);
        }
    }
    png_read_end(png, NULL);

    if (call->channels == 3 && source_channels == 1) {
        spread(call, indexed ? (const uint8_t (*)[3])state->palette : NULL);
    } else if (call->channels == 1 && indexed) {
        uint8_t greys[256];
        image_luma_row(state->palette[0], greys, 256);
        for (size_t i = 0; i < call->pixels_length; i++)
            call->pixels[i] = greys[call->pixels[i]];
    }
}

int decode_png(image_call *call)
{
    /* On the heap: longjmp leaves a function's own variables undefined, and this is what the clean-up needs. */
    png_call *state = calloc(1, sizeof *state);
    if (state == NULL)
        return image_fail(call, "out of memory");
    state->call = call;

    volatile int result = 1;
    if (setjmp(state->failed)) {
        image_fail(call, state->text);
    } else {
        state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, fail, stay_silent);
        if (state->png != NULL)
            state->info = png_create_info_struct(state->png);
        if (state->info == NULL) {
            image_fail(call, "libpng could not start");
        } else {
            read_header(state);
            if (call->header_only) {
                result = 0;
            } else if (!image_buffer_fits(call)) {
                image_fail(call, "the buffer is not the picture's size");
            } else {
                read_rows(state);
                result = 0;
            }
        }
    }

    png_destroy_read_struct(&state->png, &state->info, NULL);
    free(state->scratch);
    free(state);
    return result;
}
