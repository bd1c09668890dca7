using System.Diagnostics;
using MetaService.Server.Access;
using MetaService.Server.Limits;

namespace MetaService.Server.Http;

/// <summary>What becomes known of a request on its way: for its handler, its reply and its line in the log.</summary>
public sealed class RequestState
{
    private Admission? _slot;

    /// <summary>Who makes the request; null while nobody was let in, as on paths that need no token.</summary>
    public Caller? Caller { get; set; }

    /// <summary>The request in its trace; null when it is answered without doing anything.</summary>
    public Activity? Activity { get; set; }

    /// <summary>The name of the endpoint; null while routing has to tell it.</summary>
    public string? Route { get; set; }

    /// <summary>What its reply can be kept under; null when it cannot be kept.</summary>
    public byte[]? ReplyKey { get; set; }

    /// <summary>The outcome's code when it is not OK.</summary>
    public string? Code { get; set; }

    /// <summary>The instance that the request names.</summary>
    public string? InstanceId { get; set; }

    /// <summary>Whether ak and sk may be shown.</summary>
    public bool ShowsSecrets => Caller?.Has(Scopes.Secrets) == true;

    /// <summary>The state of a request.</summary>
    public static RequestState Of(HttpContext context)
    {
        var state = context.Features.Get<RequestState>();
        if (state is null)
        {
            state = new RequestState();
            context.Features.Set(state);
        }

        return state;
    }

    /// <summary>Notes that the request has taken a place among those that work.</summary>
    public void Hold(Admission slot) => _slot = slot;

    /// <summary>
    /// Gives the place back; to be called before anything that may wait for the client. Harmless when there is none.
    /// </summary>
    public void Release() => Interlocked.Exchange(ref _slot, null)?.Leave();
}
