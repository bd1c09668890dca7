using MetaService.Server.Http;
using MetaService.Server.Limits;
using Microsoft.OpenApi;

namespace MetaService.Server.OpenApi;

/// <summary>The OpenAPI document at <c>/swagger/v1/swagger.json</c> and its page at <c>/swagger</c>.</summary>
public static class SwaggerSetup
{
    public const string TokenScheme = "token";
    public const string BearerScheme = "bearer";
    public const string BasicScheme = "basic";

    private const int MaxReaders = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void AddSwaggerDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "Meta service",
                Version = "v1",
                Description =
                    "Instances, clusters, nodes, storage vaults, load transactions and tablets of a compute-storage-decoupled " +
                    "Apache Doris.\n\nEvery endpoint answers at `/MetaService/http/v1/NAME` and at `/MetaService/http/NAME`, and to GET, PUT " +
                    "and POST alike; the verb shown is the customary one. The content type of a body is not looked at.",
            });
            swagger.AddSecurityDefinition(TokenScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Query,
                Name = "token",
                Description = "The token as a query parameter.",
            });
            swagger.AddSecurityDefinition(BearerScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The token in an Authorization header, which keeps it out of access logs on the way.",
            });
            swagger.AddSecurityDefinition(BasicScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "basic",
                Description = "User and password, for cloud_cluster_status.",
            });
            swagger.DocumentFilter<EndpointDocument>();
        });
    }

    public static void UseSwaggerDocument(this WebApplication app)
    {
        // Needs no token, and making the document takes a while. Its places are its own, so that who reads it slowly holds up
        // nobody else.
        var limits = new AdmissionLimits(MaxReaders, MaxReaders, MaxReaders, Patience, Patience);
        var admission = new Admission(limits, TimeProvider.System);
        app.Lifetime.ApplicationStopped.Register(admission.Dispose);
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase),
            swagger =>
            {
                swagger.Use((context, next) => AnswerAsync(context, next, admission));
                swagger.UseSwagger();
                swagger.UseSwaggerUI(page => page.DocumentTitle = "Meta service");
            });
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, Admission admission)
    {
        if (!await admission.EnterAsync(context.RequestAborted).ConfigureAwait(false))
        {
            await Reply.RefuseAsync(context, Admittance.Overloaded).ConfigureAwait(false);
            return;
        }

        RequestState.Of(context).Hold(admission);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            RequestState.Of(context).Release();
        }
    }
}
