#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

/* A scan of a progressive JPEG can take a few bytes and yet as much work as the whole picture, and nothing in the
 * format limits how many there are ("Two Issues with the JPEG Standard", libjpeg-turbo.org). Encoders write about ten.
 * At a hundred, the worst that a picture can do is to take some six times as long as an honest one of its size. */
#define MAX_SCANS 100

static const char TRUNCATED[] = "image file is truncated";

typedef struct jpeg_call {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    image_call *call;
    JSAMPLE *row;
    char text[JMSG_LENGTH_MAX];
} jpeg_call;

static void fail(j_common_ptr info)
{
    jpeg_call *state = info->client_data;
    info->err->format_message(info, state->text);
    longjmp(state->failed, 1);
}

/* Corrupt data that libjpeg can go on after is tolerated, as Pillow does; nothing goes to stderr. */
static void stay_silent(j_common_ptr info, int level)
{
    (void)info;
    (void)level;
}

static void stay_silent_about_output(j_common_ptr info)
{
    (void)info;
}

static void do_nothing(j_decompress_ptr info)
{
    (void)info;
}

/* The whole input is in memory, so asking for more means that it is truncated. Like Pillow's source this one suspends,
 * where libjpeg's memory source makes up an end marker and fills the rest of the picture with grey. */
static boolean suspend(j_decompress_ptr info)
{
    (void)info;
    return FALSE;
}

static void skip(j_decompress_ptr info, long count)
{
    if (count <= 0)
        return;
    size_t step = (size_t)count < info->src->bytes_in_buffer ? (size_t)count : info->src->bytes_in_buffer;
    info->src->next_input_byte += step;
    info->src->bytes_in_buffer -= step;
}

static void limit_scans(j_common_ptr info)
{
    if (((j_decompress_ptr)info)->input_scan_number > MAX_SCANS) {
        jpeg_call *state = info->client_data;
        snprintf(state->text, sizeof state->text, "a JPEG of more than %d scans", MAX_SCANS);
        longjmp(state->failed, 1);
    }
}

/* Pillow takes every four-channel JPEG for Adobe's, which stores the inks inverted (JpegImagePlugin.py, "CMYK;I"), and
 * turns inks to light without a colour profile (libImaging/Convert.c, cmyk2rgb). What libjpeg hands out is thus
 * already 255 - ink, and 255 - MULDIV255(255 - c, k) clipped at 0 is what remains to do. */
static void cmyk_row_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t width)
{
    for (size_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        int light = cmyk[3];
        for (int i = 0; i < 3; i++) {
            int product = (255 - cmyk[i]) * light + 128;
            int value = light - (((product >> 8) + product) >> 8);
            rgb[i] = (uint8_t)(value < 0 ? 0 : value);
        }
    }
}

static int read_header(jpeg_call *state)
{
    int found;
    do {
        found = jpeg_read_header(&state->info, FALSE);
    } while (found == JPEG_HEADER_TABLES_ONLY);
    if (found == JPEG_SUSPENDED)
        return image_fail(state->call, TRUNCATED);

    state->call->width = state->info.image_width;
    state->call->height = state->info.image_height;
    state->call->source_channels = state->info.num_components == 1 ? 1 : 3;
    if (state->info.num_components != 1 && state->info.num_components != 3 && state->info.num_components != 4)
        return image_fail(state->call, "a JPEG must have 1, 3 or 4 components");
    return 0;
}

static int read_rows(jpeg_call *state)
{
    image_call *call = state->call;
    struct jpeg_decompress_struct *info = &state->info;
    size_t width = call->width;
    size_t stride = width * (size_t)call->channels;

    int direct;
    if (info->num_components == 4) {
        info->out_color_space = JCS_CMYK;
        direct = 0;
    } else if (info->num_components == 3) {
        /* Grey is made from RGB, as Pillow does, and is not the Y of the file. */
        info->out_color_space = JCS_RGB;
        direct = call->channels == 3;
    } else {
        info->out_color_space = call->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
        direct = 1;
    }

    if (!jpeg_start_decompress(info))
        return image_fail(call, TRUNCATED);
    if (info->output_width != call->width || info->output_height != call->height)
        return image_fail(call, "the JPEG's size changed while it was read");
    if (!direct) {
        state->row = malloc(width * (size_t)info->output_components);
        if (state->row == NULL)
            return image_fail(call, "out of memory");
    }

    for (uint32_t y = 0; y < call->height; y++) {
        uint8_t *target = call->pixels + y * stride;
        JSAMPROW row = direct ? target : state->row;
        if (jpeg_read_scanlines(info, &row, 1) != 1)
            return image_fail(call, TRUNCATED);
        if (direct)
            continue;
        if (info->num_components == 4)
            cmyk_row_to_rgb(state->row, call->channels == 3 ? target : state->row, width);
        if (call->channels == 1)
            image_luma_row(state->row, target, width);
    }

    /* Reads up to the end marker. That bytes are missing there is no error, as all rows have been read; that something
     * broken stands before the marker is one. Both are Pillow's answers. */
    (void)jpeg_finish_decompress(info);
    return 0;
}

int decode_jpeg(image_call *call)
{
    /* On the heap: longjmp leaves a function's own variables undefined, and this is what the clean-up needs. */
    jpeg_call *state = calloc(1, sizeof *state);
    if (state == NULL)
        return image_fail(call, "out of memory");
    state->call = call;

    state->info.err = jpeg_std_error(&state->errors);
    state->errors.error_exit = fail;
    state->errors.emit_message = stay_silent;
    state->errors.output_message = stay_silent_about_output;
    state->info.client_data = state;

    volatile int result = 1;
    if (setjmp(state->failed)) {
        image_fail(call, state->text);
    } else {
        jpeg_create_decompress(&state->info);
        state->source.init_source = do_nothing;
        state->source.fill_input_buffer = suspend;
        state->source.skip_input_data = skip;
        state->source.resync_to_restart = jpeg_resync_to_restart;
        state->source.term_source = do_nothing;
        state->source.next_input_byte = call->bytes;
        state->source.bytes_in_buffer = call->length;
        state->info.src = &state->source;
        state->progress.progress_monitor = limit_scans;
        state->info.progress = &state->progress;

        int failed = read_header(state);
        if (!failed && !call->header_only)
            failed = image_buffer_fits(call) ? read_rows(state)
                                             : image_fail(call, "the buffer is not the picture's size");
        result = failed;
    }

    jpeg_destroy_decompress(&state->info);
    free(state->row);
    free(state);
    return result;
}
