using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.Domain.Secrets;

/// <summary>
/// The refusals of requests whose secrets cannot be opened or sealed. They name places and key ids, never a secret or a key.
/// </summary>
internal static class SecretErrors
{
    public static MetaServiceException UnknownKey(in SecretPart part, long keyId) => CannotOpen(
        $"{part} is sealed with key {keyId}, which this server does not have: add that key to it");

    public static MetaServiceException DoesNotOpen(in SecretPart part, long keyId) => CannotOpen(
        $"{part} does not open with key {keyId}: the record was changed or copied by something else than this service");

    public static MetaServiceException UnknownMethod(in SecretPart part) => CannotOpen(
        $"{part} is sealed by a method that this version does not know");

    public static MetaServiceException UpstreamKeyMissing(in SecretPart part, long keyId) => CannotOpen(
        $"{part} is sealed by upstream with key {keyId}, which the store's encryption_key_info does not hold");

    public static MetaServiceException UpstreamKeyUnusable(long keyId) => CannotOpen(
        $"key {keyId} in the store's encryption_key_info is malformed or kept by a key management service, "
        + "which this service cannot use");

    public static MetaServiceException NoUpstreamKey() => CannotSeal(
        "the store's encryption_key_info holds no key, nothing was written: start upstream on the store once");

    public static MetaServiceException AnotherKey(long keyId) => CannotSeal(
        $"key {keyId} of this server is not the key {keyId} that the store is sealed with, nothing was written: "
        + "give the server the right one");

    /// <param name="reason">What is wrong with the source of the keys.</param>
    public static MetaServiceException KeysNotReadable(string reason) => CannotSeal($"the keys cannot be read again: {reason}");

    private static MetaServiceException CannotOpen(string message) => new(MetaServiceCode.ErrDecpypt, message);

    private static MetaServiceException CannotSeal(string message) => new(MetaServiceCode.ErrEncrypt, message);
}
