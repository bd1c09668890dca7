using System.Text;

namespace MetaService.ApiTests.Canary;

/// <summary>Calls everything that a server offers in all ways that fail, and in some that do not, with canaries everywhere.</summary>
public sealed class CanaryFailures(CanaryServer server, CanaryTargets targets)
{
    private static readonly ParallelOptions Parallelism = new() { MaxDegreeOfParallelism = 8 };

    private readonly CanaryBook _book = server.Book;
    private readonly ApiClient _all = server.All;
    private readonly ApiClient _masked = server.Masked;

    /// <param name="instances">Instances that exist, to get past the first check.</param>
    public async Task RunAsync(IReadOnlyList<string> instances)
    {
        foreach (var instance in instances.Prepend(null))
        {
            await Parallel.ForEachAsync(targets.Http, Parallelism, async (target, _) => await BodiesAsync(target, instance));
            await Parallel.ForEachAsync(targets.Rpcs, Parallelism, async (rpc, _) => await MessagesAsync(rpc, instance));
        }

        await Parallel.ForEachAsync(targets.Http, Parallelism, async (target, _) => await RefusedAsync(target));
        await Parallel.ForEachAsync(targets.Rpcs, Parallelism, async (rpc, _) => await RefusedAsync(rpc));
        await UnknownAsync();
    }

    private async Task BodiesAsync(CanaryTarget target, string? instance)
    {
        var bodies = new CanaryBodies(_book, instance);
        var named = instance ?? _book.New(CanaryKind.InstanceId, target.Name);
        string Query() => string.Concat(target.Query.Select(
            name => $"&{name}={(name == "instance_id" ? named : _book.New(CanaryKind.Name, $"{target.Name}?{name}"))}"));
        if (target.Request is null)
        {
            await SendAsync(_all, target, Query(), null);
            await SendAsync(_masked, target, $"&instance_id={named}", null);
            await SendAsync(_masked, target, "&key_type=InstanceKey&instance_id=" + named, null);
            return;
        }

        await SendAsync(_all, target, Query(), bodies.Json(bodies.Fill(target.Request(), target.Name), target.Name));
        await SendAsync(_masked, target, "", bodies.Json(bodies.Fill(target.Request(), target.Name), target.Name));
        await SendAsync(_all, target, "", bodies.WithNumbers(target.Request, target.Name));
        foreach (var body in instance is null ? bodies.Spoiled(target.Request, target.Name) : [])
        {
            await SendAsync(_all, target, "", body);
        }
    }

    /// <summary>Access, verbs and queries.</summary>
    private async Task RefusedAsync(CanaryTarget target)
    {
        string Wrong() => Uri.EscapeDataString(_book.New(CanaryKind.Token, $"a wrong token for {target.Name}"));
        string Pasted() => Uri.EscapeDataString(_book.New(CanaryKind.Pasted, target.Name));
        var all = Uri.EscapeDataString(server.AllToken);
        var body = new CanaryBodies(_book, null);
        var content = target.Request is null ? "" : body.Json(body.Fill(target.Request(), target.Name), target.Name);
        await _all.SendAsync(HttpMethod.Put, $"{target.Path}?token={Wrong()}", new StringContent(content));
        await _all.SendAsync(HttpMethod.Put, target.Path, new StringContent(content), ("Authorization", $"Bearer {Wrong()}"));
        await _all.SendAsync(HttpMethod.Get, target.Path, null, ("Authorization", $"Basic {Base64(Pasted() + ":" + Pasted())}"));
        await _all.SendAsync(HttpMethod.Put, target.Path, new StringContent(content), ("x-token", Wrong()));
        await _all.SendAsync(HttpMethod.Put, $"{target.Path}?token={all}&token={Wrong()}", new StringContent(content));
        await _all.SendAsync(HttpMethod.Put, $"{target.Path}?token={all}&{Pasted()}=1&{Pasted()}", null);
        var name = target.Query is [var first, ..] ? first : "x";
        await _all.SendAsync(HttpMethod.Put, $"{target.Path}?token={all}&{name}={Pasted()}&{name}={Pasted()}", null);
        await _all.SendAsync(HttpMethod.Delete, $"{target.Path}?token={all}&ak={Pasted()}", new StringContent(content));
        await _all.SendAsync(
            HttpMethod.Put, $"{target.Path}/{_book.New(CanaryKind.Path, target.Name)}?token={all}", new StringContent(content));
        await server.Client(server.NoToken, showsSecrets: false).SendAsync(
            HttpMethod.Put, $"{target.Path}?token={Uri.EscapeDataString(server.NoToken)}", new StringContent(content));
        await server.Client(server.ReadToken, showsSecrets: false).SendAsync(
            HttpMethod.Put, $"{target.Path}?token={Uri.EscapeDataString(server.ReadToken)}", new StringContent(content));
    }

    private async Task MessagesAsync(CanaryRpc rpc, string? instance)
    {
        var place = "grpc/" + rpc.Name;
        var bodies = new CanaryBodies(_book, instance);
        await server.Grpc.CallAsync(
            rpc.Name, bodies.WithUnknownFields(bodies.Fill(rpc.Request(), place), place), server.AllToken, showsSecrets: true);
        await server.Grpc.CallAsync(
            rpc.Name, bodies.WithUnknownFields(bodies.Fill(rpc.Request(), place), place), server.MaskedToken, showsSecrets: false,
            ("x-secret", _book.New(CanaryKind.Pasted, place)));
    }

    private async Task RefusedAsync(CanaryRpc rpc)
    {
        var place = "grpc/" + rpc.Name;
        var bodies = new CanaryBodies(_book, null);
        var message = bodies.WithUnknownFields(bodies.Fill(rpc.Request(), place), place);
        foreach (var token in new[] { _book.New(CanaryKind.Token, place), server.NoToken, null })
        {
            await server.Grpc.CallAsync(rpc.Name, message, token, showsSecrets: false);
        }

        await server.Grpc.CallAsync(rpc.Name, message, null, showsSecrets: false, ("x-token", _book.New(CanaryKind.Token, place)));

        // Cut off in the last canary, and nothing but one.
        await server.Grpc.CallAsync(rpc.Name, message[..^2], server.AllToken, showsSecrets: true);
        await server.Grpc.CallAsync(
            rpc.Name, Encoding.UTF8.GetBytes(_book.New(CanaryKind.Pasted, place)), server.AllToken, showsSecrets: true);
    }

    /// <summary>Paths and RPCs that there are not, and bodies that are too long.</summary>
    private async Task UnknownAsync()
    {
        string Pasted() => _book.New(CanaryKind.Pasted, "what there is not");
        string Token() => Uri.EscapeDataString(_book.New(CanaryKind.Token, "a query"));
        string Part() => _book.New(CanaryKind.Path, "a path that there is not");
        var all = Uri.EscapeDataString(server.AllToken);
        foreach (var path in new[]
        {
            $"/{Part()}",
            $"/{Part()}?token={Token()}&{Token()}",
            $"/MetaService/{Part()}?token={all}",
            $"/MetaService/http/{Part()}?token={all}",
            $"/MetaService/http/v1/{Part()}",
            $"/doris.cloud.MetaService/{Part()}?token={all}",
            $"/health/{Part()}",
            $"/health/ready?token={Token()}",
            $"/health/live?{Pasted()}",
            $"/swagger/{Part()}",
            $"/swagger/v1/swagger.json?token={Token()}",
            $"/MetaService/http/v1/get_instance/%00{Part()}?token={all}",
            $"/MetaService/http/v1/{Part()}/{new string('x', 500)}?token={all}",
        })
        {
            foreach (var verb in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete, new HttpMethod("BREW") })
            {
                await _all.SendAsync(
                    verb, path, null, ("User-Agent", Pasted()), ("Referer", $"http://x/{Pasted()}"), ("Cookie", $"token={Pasted()}"),
                    ("X-Secret", Pasted()), ("Host", Pasted() + ".example"), ("Accept", Pasted()));
            }
        }

        var tooLong = $$"""
            {"instance_id": "x", "vault": {"obj_info": {"ak": "{{Pasted()}}", "sk": "{{new string('y', 1_100_000)}}{{Pasted()}}"} } }
            """;
        await _all.SendAsync(HttpMethod.Put, $"/MetaService/http/v1/create_instance?token={all}", new StringContent(tooLong));
        foreach (var request in new[]
        {
            $"PUT /{Part()} {Part()} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /health/live HTTP/1.1\r\nHost: x\r\n{Pasted()}\r\n\r\n",
            $"GET /{Pasted()}{new string('x', 9000)} HTTP/1.1\r\nHost: x\r\n\r\n",
            $"GET /health/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Pasted()}{new string('x', 40_000)}\r\n\r\n",
            $"{Pasted()}\r\n\r\n",
        })
        {
            var reply = await RawHttp.SendAsync(server.Process.Http.BaseAddress!, request);
            server.Watch.See(CanaryChannel.Reply, "malformed HTTP", reply.Headers + reply.Body);
        }

        await server.Grpc.CallAsync(_book.New(CanaryKind.Path, "an RPC that there is not"), [], server.AllToken, showsSecrets: true);
        await server.Grpc.CallAsync("begin_copy", Encoding.UTF8.GetBytes(Pasted()), server.AllToken, showsSecrets: true);
    }

    private static Task SendAsync(ApiClient api, CanaryTarget target, string query, string? body) => api.SendAsync(
        HttpMethod.Put, target.Path + api.PathOf("")[ApiClient.Root.Length..] + query, body is null ? null : new StringContent(body));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
