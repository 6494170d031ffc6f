#include "internal.h"

#include <string.h>

#include <png.h>

static png_image image_of(int32_t width, int32_t height, int32_t channels)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    return image;
}

size_t eisen_image_png_bound(int32_t width, int32_t height, int32_t channels)
{
    png_image image = image_of(width, height, channels);
    return PNG_IMAGE_PNG_SIZE_MAX(image);
}

int eisen_image_encode_png(const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, uint8_t *bytes,
                           size_t *length, char *message, size_t message_length)
{
    image_call call = { .message = message, .message_length = message_length };
    png_image image = image_of(width, height, channels);
    png_alloc_size_t size = *length;
    if (!png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL))
        return image_fail(&call, image.message);
    *length = size;
    return 0;
}
