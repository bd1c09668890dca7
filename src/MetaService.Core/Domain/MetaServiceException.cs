using Google.Protobuf;
using MetaService.Records.Cloud;

namespace MetaService.Domain;

/// <summary>
/// A request that is refused. Made by the error catalogues only, <see cref="Errors"/> and those of the areas; the message goes to the
/// caller as it is, so it never holds an ak, a sk or a token.
/// </summary>
public sealed class MetaServiceException : Exception
{
    internal MetaServiceException(MetaServiceCode code, string message, bool isDocumentedInternalError = false)
        : base(message)
    {
        Code = code;
        IsDocumentedInternalError = isDocumentedInternalError;
    }

    /// <summary>The wire code that RPC callers get.</summary>
    public MetaServiceCode Code { get; }

    /// <summary>Whether this is one of the cases for which the API document promises HTTP callers <c>INTERNAL_ERROR</c>.</summary>
    public bool IsDocumentedInternalError { get; }

    /// <summary>
    /// The RPC's response, without a status, where it tells more than the code does; null for most refusals. Which errors carry
    /// one is said where they are made.
    /// </summary>
    public IMessage? PartialResponse { get; internal init; }
}
