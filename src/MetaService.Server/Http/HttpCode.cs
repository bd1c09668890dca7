using MetaService.Domain;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Server.Http;

/// <summary>How a failure is shown to HTTP callers.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Name">The envelope's <c>code</c>.</param>
/// <param name="Message">The envelope's <c>msg</c>.</param>
public readonly record struct HttpFailure(int Status, string Name, string Message);

/// <summary>The one table from failures to HTTP status and envelope code.</summary>
public static class HttpCode
{
    public const string Ok = "OK";
    public const string InvalidArgument = "INVALID_ARGUMENT";
    public const string PermissionDenied = "PERMISSION_DENIED";
    public const string NotFound = "NOT_FOUND";
    public const string AlreadyExisted = "ALREADY_EXISTED";
    public const string InternalError = "INTERNAL_ERROR";

    /// <summary>Over a limit on rate or concurrency; what RPCs call it too.</summary>
    public const string MaxQpsLimit = "MAX_QPS_LIMIT";

    /// <summary>The failure for an exception, or null when it is a defect of ours.</summary>
    public static HttpFailure? Of(Exception exception) => exception switch
    {
        MetaServiceException { IsDocumentedInternalError: true } e => new(StatusCodes.Status500InternalServerError, InternalError, e.Message),
        MetaServiceException e => Of(e.Code, e.Message),
        JsonRequestException or KeyFormatException => new(StatusCodes.Status400BadRequest, InvalidArgument, exception.Message),
        BodyTooLongException => new(StatusCodes.Status413PayloadTooLarge, InvalidArgument, exception.Message),
        BadHttpRequestException e => new(e.StatusCode, InvalidArgument, "the HTTP request is malformed or came too slowly"),
        KvException e => Of(e),
        _ => null,
    };

    private static HttpFailure Of(MetaServiceCode code, string message) => code switch
    {
        MetaServiceCode.InvalidArgument or MetaServiceCode.ProtobufParseErr =>
            new(StatusCodes.Status400BadRequest, InvalidArgument, message),
        MetaServiceCode.ClusterNotFound or MetaServiceCode.TabletNotFound or MetaServiceCode.TxnIdNotFound or
            MetaServiceCode.TxnLabelNotFound or MetaServiceCode.VersionNotFound or MetaServiceCode.StageNotFound or
            MetaServiceCode.StorageVaultNotFound => new(StatusCodes.Status404NotFound, NotFound, message),
        // The key may be given to the server any moment.
        MetaServiceCode.ErrEncrypt or MetaServiceCode.ErrDecpypt => Unavailable(message),
        MetaServiceCode.AlreadyExisted => new(StatusCodes.Status409Conflict, AlreadyExisted, message),
        _ => new(StatusCodes.Status500InternalServerError, InternalError, message),
    };

    private static HttpFailure? Of(KvException e) => e.Error switch
    {
        KvError.TooLarge => new(
            StatusCodes.Status400BadRequest, InvalidArgument, $"the request needs more than one record or change may hold: {e.Message}"),
        KvError.InvalidOperation => null,
        KvError.CommitUnknown => Unavailable("the store did not answer: the change may or may not have been applied, read it back"),
        KvError.Conflict => Unavailable("too many changes of the same record at once, nothing was applied: try again"),
        _ => Unavailable("the store cannot be reached, nothing was applied: try again"),
    };

    private static HttpFailure Unavailable(string message) =>
        new(StatusCodes.Status503ServiceUnavailable, InternalError, message);
}
