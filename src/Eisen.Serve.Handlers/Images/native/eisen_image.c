#include "internal.h"

#include <string.h>

static const uint8_t PNG_SIGNATURE[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };
static const uint8_t JPEG_SIGNATURE[3] = { 0xFF, 0xD8, 0xFF };

int image_fail(image_call *call, const char *text)
{
    if (call->message != NULL && call->message_length > 0) {
        size_t length = strlen(text);
        if (length >= call->message_length)
            length = call->message_length - 1;
        memcpy(call->message, text, length);
        call->message[length] = '\0';
    }
    return 1;
}

int image_buffer_fits(const image_call *call)
{
    size_t size;
    return call->pixels != NULL
        && !__builtin_mul_overflow((size_t)call->width, (size_t)call->height, &size)
        && !__builtin_mul_overflow(size, (size_t)call->channels, &size)
        && size == call->pixels_length;
}

static int dispatch(image_call *call)
{
    if (call->bytes == NULL)
        return image_fail(call, "there are no bytes");
    if (call->length >= sizeof JPEG_SIGNATURE && memcmp(call->bytes, JPEG_SIGNATURE, sizeof JPEG_SIGNATURE) == 0)
        return decode_jpeg(call);
    if (call->length >= sizeof PNG_SIGNATURE && memcmp(call->bytes, PNG_SIGNATURE, sizeof PNG_SIGNATURE) == 0)
        return decode_png(call);
    return image_fail(call, "not a JPEG or PNG picture");
}

int eisen_image_read_header(const uint8_t *bytes, size_t length, eisen_image_header *header, char *message,
                            size_t message_length)
{
    image_call call = { .bytes = bytes, .length = length, .header_only = 1,
                        .message = message, .message_length = message_length };
    int failed = dispatch(&call);
    if (!failed) {
        header->width = (int32_t)call.width;
        header->height = (int32_t)call.height;
        header->channels = call.source_channels;
    }
    return failed;
}

int eisen_image_decode(const uint8_t *bytes, size_t length, int32_t channels, uint8_t *pixels, size_t pixels_length,
                       char *message, size_t message_length)
{
    image_call call = { .bytes = bytes, .length = length, .channels = channels, .pixels = pixels,
                        .pixels_length = pixels_length, .message = message, .message_length = message_length };
    if (channels != 1 && channels != 3)
        return image_fail(&call, "channels must be 1 or 3");
    return dispatch(&call);
}
